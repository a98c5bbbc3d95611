import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RunStatistic } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { secondsOfCores, secondsOfThreads } from '../../src/ledger/measuring/cpu-rate.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { ReadStamps, timeAfter, timeAfterAll, timeBefore } from '../../src/sampling/read-times.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { SimulatedChurn } from './simulated-churn.ts';

const NANOS = 1e9;

/** How a sample of a busy process came about, in microseconds. */
interface Reading {
  /** From when it was due to when it began, and from there to the reading of the row. */
  readonly delay: number;
  readonly until: number;
  /** Around the readings: between a stamp and the reading, and the other way round. */
  readonly slack: number;
  /** Between the row and its cgroup. */
  readonly apart: number;
  /** Of what was used by then, this is not charged yet. */
  readonly late: number;
  readonly lateInCgroup: number;
}

/** The busiest that one thread can be, as a sampler reads it that is held up now and then. */
class BusyThread {
  readonly #host = new SimulatedChurn(['busy.service'], 4);
  readonly #process = this.#host.start(0, 100);
  readonly #ledger: Ledger;
  readonly #totals: RunTotals;
  readonly #builder: WindowBuilder;
  readonly #intervalSeconds: number;
  readonly cores: number[] = [];
  #due = 0;
  #at = 0;
  #cgroupNanos = 0;

  constructor(intervalSeconds: number) {
    this.#intervalSeconds = intervalSeconds;
    this.#ledger = new Ledger(undefined, true, intervalSeconds);
    this.#totals = new RunTotals(this.#ledger, 5);
    this.#builder = new WindowBuilder(this.#ledger, -1000, -1);
  }

  read({ delay, until, slack, apart, late, lateInCgroup }: Reading): void {
    const at = this.#due * this.#intervalSeconds + delay / 1e6;
    this.#due++;
    this.#at = at;
    const read = at + (until + slack) / 1e6;
    const cgroupRead = read + (apart + slack) / 1e6;
    const used = Math.max(this.#process.nanos, (10 + read) * NANOS - late * 1000);
    this.#host.work(this.#process, used - this.#process.nanos);
    this.#cgroupNanos = Math.max(this.#cgroupNanos, (10 + cgroupRead) * NANOS - lateInCgroup * 1000);
    const stamps = [until, until + 2 * slack, until + slack + apart, until + 3 * slack + apart].sort(
      (a, b) => a - b,
    );
    const micros = Float64Array.from([0, ...stamps]);
    const sample = this.#host.sample();
    for (let i = 0; i < sample.count; i++) {
      const slot = sample.slots[i]!;
      sample.rows.stamp[slot] = micros.indexOf(until);
      sample.rows.origin[slot] = 0;
      sample.rows.threads[slot] = 1;
    }
    const [instance] = sample.instances;
    const cpuSeconds = this.#cgroupNanos / NANOS;
    const instances = [
      { ...instance!, bornWatched: false, startCpuSeconds: Number.NaN, cpuSeconds, stamp: 3 },
    ];
    this.#book({
      ...sample,
      atSeconds: at,
      unixMillis: at * 1000,
      instances,
      readTimes: { micros, count: 5 },
    });
  }

  #book(sample: Sample): void {
    this.#ledger.book(sample);
    this.#totals.gather();
    this.#builder.gather();
  }

  closeWindow(): void {
    const [unit] = this.#builder.close(this.#at * 1000, this.#at).units;
    const { cpuCores, ranges, processes, executables } = unit!;
    for (const figure of [
      cpuCores,
      ranges?.cpuCores?.highest,
      ...executables.map((each) => each.cpuCores),
      ...processes.flatMap((each) => [each.cpuCores, each.ranges?.cpuCores?.highest]),
    ])
      this.cores.push(figure ?? 0);
  }

  statistics(): RunStatistic[] {
    const { units } = this.#totals.document({
      startedUnixMillis: 0,
      startedAtSeconds: 0,
      endedUnixMillis: this.#at * 1000,
      intervalSeconds: this.#intervalSeconds,
      samples: this.#due,
      missedSamples: 0,
      export: null,
    });
    return [units[0]!.totals.cpuPercent!, units[0]!.processes[0]!.cpuPercent!];
  }
}

const reading: fc.Arbitrary<Reading> = fc.record({
  delay: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 15_000 })),
  until: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40_000 })),
  slack: fc.integer({ min: 1, max: 30 }),
  apart: fc.integer({ min: 1, max: 300 }),
  late: fc.integer({ min: 0, max: 4000 }),
  lateInCgroup: fc.integer({ min: 0, max: 4000 }),
});

describe('a single thread that never stops', () => {
  for (const interval of [0.5, 0.1]) {
    it(`shows at most 100% at intervals of ${interval} s, and its mean is only slightly lower`, () => {
      fc.assert(
        fc.property(fc.array(reading, { minLength: 40, maxLength: 60 }), (readings) => {
          const thread = new BusyThread(interval);
          for (const [at, each] of readings.entries()) {
            thread.read(each);
            if (at % 10 === 9) thread.closeWindow();
          }
          for (const cores of thread.cores) assert.ok(cores <= 1 + 1e-9, `${cores} cores`);
          const lost = 100 * (0.05 / (interval * (readings.length - 1)));
          for (const { min, max, avg, p95 } of thread.statistics()) {
            for (const percent of [min, max, avg, p95]) assert.ok(percent <= 100 + 1e-9, `${percent}%`);
            assert.ok(avg > 100 - lost, `${avg}% on average`);
          }
        }),
      );
    });
  }

  it('is full if CPU is charged late, and otherwise unchanged', () => {
    assert.equal(0.504 / secondsOfThreads(0.504, 0.5, 1), 1);
    assert.equal(1.004 / secondsOfThreads(1.004, 0.5, 2), 2);
    assert.equal(secondsOfThreads(0.504, 0.5, 2), 0.5);
    assert.equal(secondsOfThreads(0.9, 0.5, 1), 0.5);
    assert.equal(secondsOfThreads(0.504, 0.5, 0), 0.5);
    assert.equal(0.504 / secondsOfCores(0.504, 0.5), 1);
    assert.equal(secondsOfCores(0.52, 0.5), 0.5);
    assert.equal(secondsOfCores(0.004, 0.5), 0.5);
    assert.equal(secondsOfCores(0.03, 0.02), 0.02);
  });
});

describe('stamps of readings', () => {
  it('lie before and after the read values, and a clock does not need one each', () => {
    let now = 5;
    let asked = 0;
    const stamps = new ReadStamps();
    stamps.begin(5, () => {
      asked++;
      return now;
    });
    const sample = { atSeconds: 5, readTimes: stamps };
    stamps.take();
    for (let i = 0; i < 1000; i++) {
      const before = now;
      const stamp = stamps.beforeClock();
      now += 1e-6;
      const after = now;
      if (i % 100 === 0) stamps.noteFile();
      stamps.take();
      asked--;
      assert.ok(timeBefore(sample, stamp) <= before + 1e-9 && timeAfter(sample, stamp) >= after - 1e-9);
    }
    const few = asked;
    for (let i = 0; i < 3200; i++) stamps.beforeClock();
    assert.ok(asked - few <= 100, `${asked - few} stamps of 3,200 readings`);
    assert.ok(timeAfterAll(sample) >= timeAfter(sample, 1));
  });

  it('are the time of the sample without a clock, and for values that were not read', () => {
    const stamps = new ReadStamps();
    stamps.begin(5, undefined);
    assert.equal(stamps.take(), 0);
    const sample = { atSeconds: 5, readTimes: stamps };
    for (const stamp of [0, 1, 99]) {
      assert.equal(timeBefore(sample, stamp), 5);
      assert.equal(timeAfter(sample, stamp), 5);
    }
    assert.equal(timeAfterAll(sample), 5);
    assert.equal(timeAfterAll({ atSeconds: 5 }), 5);
  });
});
