import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CPU_PERCENT, DISK_RATE, MEMORY, TRANSFER_RATE } from '../../src/ledger/accounts/process-sketches.ts';
import { bucketOf, QuantileSketch } from '../../src/ledger/accounts/quantile-sketch.ts';
import type { RunDocument, RunProcess } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { SimulatedChurn } from './simulated-churn.ts';

/** What each sample of a process told of one figure: its value, and for how many seconds. */
type Told = { value: number; seconds: number }[];

interface Expected {
  samples: number;
  observedSeconds: number;
  readonly told: Record<'cpuPercent' | 'memoryBytes' | 'diskBytesPerSecond' | 'transferBytesPerSecond', Told>;
}

const FACTS = {
  startedUnixMillis: 0,
  startedAtSeconds: 0,
  endedUnixMillis: 0,
  intervalSeconds: 0.5,
  samples: 0,
  missedSamples: 0,
  export: null,
};

/** A process works in a tick, and then does not for some. */
const life = fc.record({
  works: fc.array(
    fc.record({
      nanos: fc.integer({ min: 1, max: 4e8 }),
      bytes: fc.nat(1e6),
      memoryPages: fc.nat(1000),
      rest: fc.nat(20),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  /** Works between two looks at the document, which must change nothing. */
  looks: fc.integer({ min: 1, max: 5 }),
});

/** The figure that a share of the samples does not exceed. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
}

function assertTold(row: RunProcess, { samples, told }: Expected): void {
  assert.equal(row.samples, samples);
  for (const [figure, values] of Object.entries(told) as [keyof Expected['told'], Told][]) {
    const statistic = row[figure];
    if (values.length === 0) {
      assert.equal(statistic, null, figure);
      continue;
    }
    const numbers = values.map(({ value }) => value);
    const seconds = values.reduce((sum, each) => sum + each.seconds, 0);
    const mean = values.reduce((sum, each) => sum + each.value * each.seconds, 0) / seconds;
    assert.equal(statistic!.min, Math.min(...numbers), figure);
    assert.equal(statistic!.max, Math.max(...numbers), figure);
    assert.ok(Math.abs(statistic!.avg - mean) <= 1e-9 * mean, `${figure}: ${statistic!.avg}, not ${mean}`);
    const exact = quantile(numbers, 0.95);
    assert.ok(
      Math.abs(statistic!.p95 - exact) <= 0.026 * exact,
      `${figure}: ${statistic!.p95}, not ${exact}`,
    );
  }
}

test('statistics of a process are those of all its samples, those in which it rested among them', () => {
  let rested = 0;
  fc.assert(
    fc.property(life, fc.boolean(), ({ works, looks }, hasIo) => {
      const churn = new SimulatedChurn(['a.service'], 4);
      const ledger = new Ledger();
      const totals = new RunTotals(ledger, 100);
      const process = churn.start(0, 7, 'worker', hasIo);
      const expected: Expected = {
        samples: 0,
        observedSeconds: 0,
        told: { cpuPercent: [], memoryBytes: [], diskBytesPerSecond: [], transferBytesPerSecond: [] },
      };
      const rowOf = (document: RunDocument) =>
        document.units[0]!.processes.find(({ pid }) => pid === process.pid)!;
      const tick = () => {
        const { rows } = ledger.book(churn.sample());
        totals.gather();
        churn.sweep();
        const slot = ledger.accounts.findIndex((account) => account?.identity.pid === process.pid);
        if (slot < 0) return;
        expected.samples++;
        rested += rows.atRest[slot]!;
        const seconds = rows.observedSeconds[slot]!;
        if (seconds === 0) return;
        const { told } = expected;
        told.cpuPercent.push({ value: (100 * rows.cpuSeconds[slot]!) / seconds, seconds });
        told.memoryBytes.push({ value: rows.memoryBytes[slot]!, seconds });
        if (!hasIo) return;
        told.diskBytesPerSecond.push({ value: rows.diskBytes[slot]! / seconds, seconds });
        told.transferBytesPerSecond.push({ value: rows.transferBytes[slot]! / seconds, seconds });
      };
      for (const [i, work] of works.entries()) {
        churn.work(process, work.nanos, work.bytes);
        process.memoryBytes = 4096 * work.memoryPages;
        for (let ticks = 0; ticks <= work.rest; ticks++) tick();
        if (i % looks === 0) assertTold(rowOf(totals.document(FACTS)), expected);
      }
      const account = ledger.accounts.find((one) => one?.identity.pid === process.pid)!;
      for (const kind of [CPU_PERCENT, MEMORY, DISK_RATE, TRANSFER_RATE]) {
        const spread = account.spread(kind);
        const { min, max, avg } = spread ?? {};
        assert.deepEqual(account.brief(kind), spread && { min, max, avg });
      }
      assertTold(rowOf(totals.document(FACTS)), expected);
      process.isOver = true;
      tick();
      assertTold(rowOf(totals.document(FACTS)), expected);
    }),
  );
  assert.ok(rested > 100, `only ${rested} rests`);
});

test('a quantile is off by at most 2.5%, and zeros are exact', () => {
  const figure = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e15, noNaN: true }));
  fc.assert(
    fc.property(fc.array(figure, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (all, q) => {
      const sketch = new QuantileSketch();
      for (const value of all) if (value > 0) sketch.add(bucketOf(value), 1);
      const exact = quantile(all, q);
      assert.ok(Math.abs(sketch.quantile(q, all.length) - exact) <= 0.026 * exact);
    }),
  );
  assert.ok(Number.isNaN(new QuantileSketch().quantile(0.5, 0)));
});
