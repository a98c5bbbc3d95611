import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CPU_PERCENT, DISK_RATE, MEMORY, TRANSFER_RATE } from '../../src/ledger/accounts/process-sketches.ts';
import { bucketOf, QuantileSketch } from '../../src/ledger/accounts/quantile-sketch.ts';
import { StatsAccount } from '../../src/ledger/accounts/summary-stats.ts';
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
    assertPercentile(statistic!, numbers);
  }
}

type Parts = { readonly min: number; readonly max: number; readonly avg: number; readonly p95: number };

/** That the percentile is that of the samples, and can stand beside the mean, which may be of more than these. */
function assertPercentile({ min, max, avg, p95 }: Parts, samples: readonly number[]): void {
  const said = JSON.stringify({ min, max, avg, p95 });
  assert.ok(min <= avg && avg <= max && min <= p95 && p95 <= max, said);
  const exact = quantile(samples, 0.95);
  const above = samples.filter((_, at) => at >= Math.ceil(0.95 * samples.length)).length / samples.length;
  const least = (avg - above * max) / (1 - above);
  const slack = 1e-9 * max;
  assert.ok(p95 >= exact - slack && p95 <= Math.max(1.026 * exact, least) + slack, `${said}, not ${exact}`);
  assert.ok(avg <= (1 - above) * p95 + above * max + slack, `${said} cannot be`);
  // Of so few, none is beyond the percentile.
  if (samples.length < 20) assert.equal(p95, max);
}

test('statistics of a process cover all its samples, including idle ones', () => {
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
        const stats = account.stats(kind);
        const { min, max, avg } = stats ?? {};
        assert.deepEqual(account.withoutPercentiles(kind), stats && { min, max, avg });
      }
      assertTold(rowOf(totals.document(FACTS)), expected);
      process.isOver = true;
      tick();
      assertTold(rowOf(totals.document(FACTS)), expected);
    }),
  );
  assert.ok(rested > 100, `only ${rested} rests`);
});

test('statistics are never contradictory, whatever the lengths of their intervals', () => {
  const interval = fc.record({
    value: fc.oneof(fc.constant(0), fc.constant(100), fc.double({ min: 1e-3, max: 1e9, noNaN: true })),
    seconds: fc.double({ min: 1e-3, max: 10, noNaN: true }),
    isSample: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(interval, { minLength: 1, maxLength: 60 }), (intervals) => {
      const statistic = new StatsAccount();
      for (const { value, seconds, isSample } of intervals) statistic.add(value, seconds, 0, isSample);
      const samples = intervals.filter(({ isSample }) => isSample).map(({ value }) => value);
      const spread = statistic.stats()!;
      if (samples.length > 0) assertPercentile(spread, samples);
      else assert.deepEqual([spread.min, spread.max, spread.p95], [spread.avg, spread.avg, spread.avg]);
    }),
  );
});

test('the percentile of nearly constant samples is not below their mean', () => {
  const statistic = new StatsAccount();
  statistic.add(50, 0.5, 0);
  for (let i = 1; i < 100; i++) statistic.add(100, 0.5, i / 2);
  const { avg, p95, max } = statistic.stats()!;
  assert.deepEqual([avg, p95, max], [99.5, 100, 100]);
});

test('percentiles of integers are integers', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 300 }), (counts) => {
      const statistic = new StatsAccount(true);
      for (const count of counts) statistic.add(count, 0.5, 0);
      assert.equal(statistic.stats()!.p95, quantile(counts, 0.95));
    }),
  );
});

test('a quantile is at most 2.5% too high, and zeros are exact', () => {
  const figure = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e15, noNaN: true }));
  fc.assert(
    fc.property(fc.array(figure, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (all, q) => {
      const sketch = new QuantileSketch();
      for (const value of all) if (value > 0) sketch.add(bucketOf(value), 1);
      const exact = quantile(all, q);
      const found = sketch.quantile(q, all.length);
      assert.ok(found >= exact * (1 - 1e-9) && found <= 1.0251 * exact, `${found}, not ${exact}`);
    }),
  );
  assert.ok(Number.isNaN(new QuantileSketch().quantile(0.5, 0)));
});
