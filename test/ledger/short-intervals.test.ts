import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { minMaxAvg } from '../../src/ledger/accounts/summary-stats.ts';
import type { RunDocument, RunStatistic } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import type { ExportWindow } from '../../src/ledger/window/export-window.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { chooseMetrics } from '../../src/telemetry/catalogue.ts';
import { Distributions } from '../../src/telemetry/points/distributions.ts';
import { type Churning, SimulatedChurn } from './simulated-churn.ts';

const INTERVAL_SECONDS = 0.5;

/** A run whose samples come when they are told to. */
class Run {
  readonly host = new SimulatedChurn(['u.service'], 16);
  readonly distributions = new Distributions({
    metrics: chooseMetrics(),
    deltas: false,
    aggregation: 'explicit_bucket_histogram',
    startedUnixMillis: 0,
  });
  readonly #ledger = new Ledger(undefined, true, INTERVAL_SECONDS);
  readonly #totals = new RunTotals(this.#ledger, 10);
  readonly #builder = new WindowBuilder(this.#ledger, -100, -0.1);
  #seconds = 0;

  /** A sample after so many seconds, in which the process used a share of one core. */
  sample(seconds: number, process?: Churning, share = 0): void {
    if (process !== undefined) this.host.work(process, share * seconds * 1e9, share * seconds * 1e6);
    this.#seconds += seconds;
    const sample = this.host.sample();
    const at = { atSeconds: this.#seconds, unixMillis: this.#seconds * 1000 };
    this.distributions.recordTick(this.#ledger.book({ ...sample, ...at }));
    this.#totals.gather();
    this.#builder.gather();
    this.host.sweep();
  }

  window(): ExportWindow {
    return this.#builder.close(this.#seconds * 1000, this.#seconds);
  }

  document(): RunDocument {
    return this.#totals.document({
      startedUnixMillis: 0,
      startedAtSeconds: 0,
      endedUnixMillis: this.#seconds * 1000,
      intervalSeconds: INTERVAL_SECONDS,
      samples: 0,
      missedSamples: 0,
      export: null,
    });
  }
}

/** A run of a process that uses a tenth of a core all the time, and in the last, short interval another share. */
function steadyRun(lastSeconds: number, lastShare: number): Run {
  const run = new Run();
  const process = run.host.start(0, 100);
  run.sample(0);
  for (let i = 0; i < 60; i++) {
    run.sample(INTERVAL_SECONDS, process, 0.1);
    if (i === 30) run.window();
  }
  run.sample(lastSeconds, process, lastShare);
  return run;
}

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-6 * Math.max(1, expected), `${actual} is not ${expected}`);
}

describe('an interval of less than half of the sampling interval', () => {
  for (const share of [0, 0.5, 1]) {
    it(`is no extreme where it has ${100 * share}%, but counts for the mean`, () => {
      const [unit] = steadyRun(0.03, share).document().units;
      const isAlike = (cpu: RunStatistic | null, seconds: number) => {
        const mean = (100 * (30 * 0.1 + 0.03 * share)) / seconds;
        assertNear(cpu!.avg, mean);
        // The mean itself is a rate that there was, over all of the run.
        assertNear(cpu!.min, Math.min(10, mean));
        assertNear(cpu!.max, Math.max(10, mean));
        assert.ok(Math.abs(cpu!.p95 - 10) < 0.3);
        assert.ok(cpu!.maxAfterSeconds < 30.01);
      };
      isAlike(unit!.totals.cpuPercent, 30.03);
      // Born with the first sample, it is taken to be a tick of the clock old.
      isAlike(unit!.processes[0]!.cpuPercent, 30.04);
      for (const rates of [unit!.totals.diskBytesPerSecond, unit!.processes[0]!.diskBytesPerSecond]) {
        assert.ok(rates!.max < 1.02e5 && rates!.min > 0.98e5, JSON.stringify(rates));
      }
    });
  }

  it('is neither the lowest nor the highest of its window, nor in the distributions', () => {
    const run = steadyRun(0.03, 1);
    const window = run.window();
    const [unit] = window.units;
    for (const range of [unit!.ranges!.cpuCores!, unit!.processes[0]!.ranges!.cpuCores!]) {
      assertNear(range.lowest, 0.1);
      assertNear(range.highest, 0.1);
    }
    const counts = run.distributions
      .collect(window)
      .filter(({ descriptor }) => descriptor.name.includes('cpu'))
      .map(({ dataPoints }) => dataPoints.at(-1)!.value as { readonly count: number });
    assert.ok(counts.length > 0);
    for (const { count } of counts) assert.equal(count, 60);
  });

  it('is in the mean of a process that rests in it, and in none of its extremes', () => {
    const run = new Run();
    const process = run.host.start(0, 100);
    run.sample(0);
    for (let i = 0; i < 10; i++) run.sample(INTERVAL_SECONDS, process, 0.1);
    for (let i = 0; i < 5; i++) run.sample(0.02);
    const resting = run.document().units[0]!.processes[0]!.cpuPercent!;
    assertNear(resting.avg, 100 * (0.5 / 5.11));
    assertNear(resting.min, resting.avg);
    assert.ok(Math.abs(resting.p95 - 10) < 0.3);
    run.sample(INTERVAL_SECONDS, process, 0.1);
    const awake = run.document().units[0]!.processes[0]!.cpuPercent!;
    assertNear(awake.min, awake.avg);
    run.sample(INTERVAL_SECONDS);
    assert.equal(run.document().units[0]!.processes[0]!.cpuPercent!.min, 0);
  });

  it('counts for everything if it is at least half', () => {
    const { max } = steadyRun(0.25, 1).document().units[0]!.processes[0]!.cpuPercent!;
    assertNear(max, 100);
  });

  it('gives a process that existed for no longer interval its mean, at the time of its sample', () => {
    const run = new Run();
    run.sample(0);
    run.sample(INTERVAL_SECONDS);
    // The churn bears processes with the tick: this one is 20 ms old.
    const process = run.host.start(0, 100);
    run.host.work(process, 1e6);
    run.sample(INTERVAL_SECONDS + 0.02);
    const { cpuPercent } = run.document().units[0]!.processes[0]!;
    const { min, max, avg, p95, maxAfterSeconds } = cpuPercent!;
    assertNear(avg, 5);
    assert.deepEqual([min, max, p95], [avg, avg, avg]);
    assertNear(maxAfterSeconds, 1.02);
  });
});

describe('extremes around a mean', () => {
  it('contain it, and equal values stay equal', () => {
    assert.deepEqual(minMaxAvg(0.1, 0.1, 0.1 + 1e-17, 1), { min: 0.1, max: 0.1, avg: 0.1 });
    assert.deepEqual(minMaxAvg(3, 3, 3 * (1 + 1e-12), 1), { min: 3, max: 3, avg: 3 });
    assert.deepEqual(minMaxAvg(1, 2, 6, 2), { min: 1, max: 3, avg: 3 });
    assert.deepEqual(minMaxAvg(Infinity, -Infinity, 3, 1), { min: 3, max: 3, avg: 3 });
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (a, b, mean) => {
        const { min, max, avg } = minMaxAvg(Math.min(a, b), Math.max(a, b), mean, 1)!;
        assert.ok(min <= avg && avg <= max && min <= Math.min(a, b) && max >= Math.max(a, b));
      }),
    );
  });
});
