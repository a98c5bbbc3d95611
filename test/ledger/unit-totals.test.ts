import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunUnit } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { LATE_SECONDS } from '../../src/ledger/measuring/cpu-rate.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { type Churning, SimulatedChurn } from './simulated-churn.ts';

/** A run of one unit, half a second a tick. */
class Run {
  readonly host = new SimulatedChurn(['u.service'], 64);
  readonly #ledger = new Ledger();
  readonly #totals = new RunTotals(this.#ledger, 2);
  #pid = 1000;
  #first: { readonly unixMillis: number; readonly atSeconds: number } | undefined;

  start(hasIo = true): Churning {
    return this.host.start(0, ++this.#pid, 'worker', hasIo);
  }

  /** `cores` of a core, and so many bytes, in half a second; it then holds so much memory. */
  work(process: Churning, cores: number, bytes = 0, memoryBytes = 1e6): void {
    this.host.work(process, cores * 0.5e9, bytes);
    process.memoryBytes = memoryBytes;
  }

  tick(): void {
    const sample = this.host.sample();
    this.#first ??= { unixMillis: sample.unixMillis, atSeconds: sample.atSeconds };
    this.#ledger.book(sample);
    this.#totals.gather();
    this.host.sweep();
  }

  unit(): RunUnit {
    return this.#totals.document({
      startedUnixMillis: this.#first!.unixMillis,
      startedAtSeconds: this.#first!.atSeconds,
      endedUnixMillis: 0,
      intervalSeconds: 0.5,
      samples: 0,
      missedSamples: 0,
      export: null,
    }).units[0]!;
  }
}

test('a maximum has the time of the first sample that had it, on both clocks', () => {
  const run = new Run();
  const process = run.start();
  run.tick();
  const startedAt = run.host.atSeconds;
  for (const [cores, memoryBytes] of [
    [0.5, 3e6],
    [2, 9e6],
    [2, 4e6],
    [1, 9e6],
  ] as const) {
    run.work(process, cores, 1000 * cores, memoryBytes);
    run.tick();
  }
  const [row] = run.unit().processes;
  const { max, maxAt, maxAfterSeconds } = row!.cpuPercent!;
  assert.equal(max, 200);
  assert.equal(maxAfterSeconds, 1);
  assert.equal(maxAt, new Date((startedAt + 1) * 1000).toISOString());
  assert.deepEqual([row!.memoryBytes!.max, row!.memoryBytes!.maxAfterSeconds], [9e6, 1]);
  assert.deepEqual([row!.diskBytesPerSecond!.max, row!.diskBytesPerSecond!.maxAfterSeconds], [4000, 1]);
});

test("a unit's maximum is that of one sample, not the sum of its processes' maxima", () => {
  const run = new Run();
  const [a, b] = [run.start(), run.start()];
  run.tick();
  const ticks = [
    [2, 0],
    [0.5, 1],
    [1, 2],
    // As much again: the first time counts.
    [2, 1],
    [0, 0.5],
  ] as const;
  for (const [ofA, ofB] of ticks) {
    run.work(a, ofA, 1000 * ofA, 1e6 * ofA);
    run.work(b, ofB, 1000 * ofB, 1e6 * ofB);
    run.tick();
  }
  const { totals, cpu } = run.unit();
  const { min, max, avg, maxAfterSeconds } = totals.cpuPercent!;
  assert.deepEqual([min, max, maxAfterSeconds], [50, 300, 1.5]);
  assert.ok(Math.abs(avg - (100 * cpu.totalSeconds!) / 2.5) < 1e-9);
  assert.deepEqual([totals.memoryBytes!.max, totals.memoryBytes!.maxAfterSeconds], [3e6, 1.5]);
  assert.deepEqual([totals.diskBytesPerSecond!.max, totals.diskBytesPerSecond!.maxAfterSeconds], [6000, 1.5]);
  assert.equal(totals.processesAlive!.max, 2);
  assert.equal(totals.processesSeen, 2);
});

test('unreadable bytes of processes are unknown for the unit too', () => {
  const run = new Run();
  const [dark] = [run.start(false)];
  run.tick();
  run.work(dark, 1, 1000);
  run.tick();
  const { totals } = run.unit();
  assert.equal(totals.diskBytesPerSecond, null);
  assert.equal(totals.diskBytes, null);
  assert.equal(totals.cpuPercent!.max, 100);
});

test('the totals are the sums of the rows, whatever was folded, and the mean over the time is the total, less late charges', () => {
  const step = fc.record({
    what: fc.constantFrom('start', 'work', 'work', 'exit'),
    whom: fc.nat(),
    amount: fc.nat(4000),
  });
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 20 }), (ticks) => {
      const run = new Run();
      const alive = [run.start()];
      let started = 1;
      run.tick();
      for (const steps of ticks) {
        for (const { what, whom, amount } of steps) {
          const process = alive[whom % alive.length]!;
          if (what === 'start' && started < 40) {
            alive.push(run.start());
            started++;
          } else if (what === 'exit' && alive.length > 1) {
            process.isOver = true;
            alive.splice(whom % alive.length, 1);
          } else run.work(process, amount / 1000, amount, 1e6 + amount);
        }
        run.tick();
      }
      const { totals, processes, exited, cpu } = run.unit();
      assert.equal(totals.processesSeen, started);
      const bytes = [...processes, ...exited].reduce((sum, row) => sum + (row.diskBytes ?? 0), 0);
      assert.equal(totals.diskBytes, bytes);
      const seconds = ticks.length * 0.5;
      const late = cpu.totalSeconds! - (totals.cpuPercent!.avg * seconds) / 100;
      assert.ok(late > -1e-6 && late < LATE_SECONDS + 1e-6, `${late} s`);
      assert.ok(Math.abs(totals.diskBytesPerSecond!.avg * seconds - bytes) < 1e-3);
      const peaks = processes.map((row) => row.memoryBytes?.max ?? 0);
      assert.ok(totals.memoryBytes!.max >= Math.max(0, ...peaks) || exited.length > 0);
      assert.ok(totals.processesAlive!.max <= started);
    }),
  );
});
