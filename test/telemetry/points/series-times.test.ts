import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { type DataPoint, DataPointType } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { WallClock } from '../../../src/host/wall-clock.ts';
import { Ledger } from '../../../src/ledger/ledger.ts';
import type { ExportWindow } from '../../../src/ledger/window/export-window.ts';
import { WindowBuilder } from '../../../src/ledger/window/window-builder.ts';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import { Meters } from '../../../src/telemetry/meters.ts';
import { SimulatedUnits } from '../../ledger/simulated-units.ts';
import {
  EVERY_FIGURE,
  executableWindow,
  exportWindow,
  otherProcesses,
  processWindow,
  SELF_READING,
  STARTED,
  unitWindow,
  usageOf,
} from '../windows.ts';

const START_MILLIS = 1_700_000_000_000;

/** A run that follows units of a pattern, and a wall clock that can be set meanwhile. */
class Run {
  readonly host = new SimulatedUnits(100, 50);
  readonly steps: number[] = [];
  readonly windows: ExportWindow[] = [];
  readonly ends: number[] = [];
  offsetMillis = START_MILLIS;
  readonly #ledger = new Ledger(undefined, true, 0.5);
  readonly #wall: WallClock;
  readonly #builder: WindowBuilder;
  readonly #meters: readonly Meters[];
  #seconds = -0.1;
  #sampledMillis = 0;

  constructor() {
    const clock = {
      monotonicSeconds: () => this.#seconds,
      unixMillis: () => Math.floor(this.offsetMillis + this.#seconds * 1000),
    };
    this.#wall = new WallClock(clock, (seconds) => this.steps.push(Math.round(seconds)));
    const startedUnixMillis = this.#wall.follow(this.#seconds);
    this.#builder = new WindowBuilder(this.#ledger, startedUnixMillis, this.#seconds);
    this.#meters = (['cumulative', 'delta'] as const).map(
      (temporality) =>
        new Meters({
          metrics: chooseMetrics(),
          resource: { version: '1', hostName: 'h', instanceId: 'i' },
          temporality,
          histogramAggregation: 'explicit_bucket_histogram',
          startedUnixMillis,
        }),
    );
  }

  sample(): void {
    const sample = this.host.sample();
    this.#seconds = sample.atSeconds;
    this.#sampledMillis = this.#wall.follow(sample.atSeconds);
    const usage = this.#ledger.book({ ...sample, unixMillis: this.#sampledMillis });
    this.#builder.gather();
    for (const meters of this.#meters) meters.recordTick(usage, null);
  }

  /** Closes a window with the last sample, and holds all of its points to the rules. */
  async close(): Promise<ExportWindow> {
    const window = this.#builder.close(this.#sampledMillis, this.#seconds);
    assert.ok(window.startUnixMillis < window.endUnixMillis);
    assert.ok(window.endUnixMillis > (this.ends.at(-1) ?? 0), 'window times rise');
    this.ends.push(window.endUnixMillis);
    for (const meters of this.#meters) await assertPoints(meters, window);
    return window;
  }
}

const timeOf = ([seconds, nanos]: readonly [number, number]) => seconds * 1e3 + nanos / 1e6;

async function assertPoints(meters: Meters, window: ExportWindow): Promise<void> {
  const { scopeMetrics } = await meters.collectWindow(window, SELF_READING);
  let sums = 0;
  for (const { metrics } of scopeMetrics) {
    for (const { descriptor, dataPoints } of metrics) {
      for (const { startTime, endTime, value, attributes } of dataPoints) {
        const [start, end] = [timeOf(startTime), timeOf(endTime)];
        const point = `${descriptor.name} ${JSON.stringify(attributes)} from ${start} to ${end}: ${JSON.stringify(value)}`;
        assert.ok(end <= window.endUnixMillis + 1, point);
        if (typeof value === 'number' && value > 0) assert.ok(start < end, point);
        else assert.ok(start <= end, point);
        sums++;
      }
    }
  }
  assert.ok(sums > 0);
}

describe('the times of series', () => {
  it('begin before the first point of a unit that is first seen in the last sample of a window', async () => {
    const run = new Run();
    for (let i = 0; i < 3; i++) run.sample();
    await run.close();
    for (let i = 0; i < 3; i++) run.sample();
    run.host.start('late.service');
    run.host.work('late.service', 4e8);
    run.sample();
    const window = await run.close();
    const [unit] = window.units;
    assert.equal(unit!.unit, 'late.service');
    assert.ok(unit!.cpuSeconds > 0);
    // The window ends with the sample at 3 s.
    const before = START_MILLIS + 2500;
    assert.equal(unit!.startUnixMillis, before);
    assert.ok(unit!.executables[0]!.cpuSeconds > 0);
    assert.equal(unit!.executables[0]!.startUnixMillis, before);
    assert.ok(unit!.otherProcesses!.userSeconds! > 0);
    assert.equal(unit!.otherProcesses!.startUnixMillis, before);
  });

  it('are before their points, and windows increase, when the clock is set back and forward in the run', async () => {
    const run = new Run();
    const minute = async (name: string) => {
      run.host.start(name);
      for (let i = 0; i < 20; i++) {
        run.host.work(name, 1e8);
        run.sample();
        if (i % 4 === 3) await run.close();
      }
    };
    await minute('a.service');
    run.offsetMillis -= 3_600_000;
    await minute('b.service');
    run.offsetMillis += 2 * 86_400_000;
    await minute('c.service');
    assert.deepEqual(run.steps, [-3600, 172_800]);
    assert.ok(run.ends.at(-1)! > START_MILLIS + 86_400_000);
  });

  it('do so with any units and clock', async () => {
    const tick = fc.record({
      starts: fc.boolean(),
      stops: fc.boolean(),
      closes: fc.boolean(),
      millis: fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        fc.integer({ min: -90, max: 90 }),
        fc.integer({ min: -1e8, max: 1e8 }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(tick, { minLength: 1, maxLength: 40 }), async (ticks) => {
        const run = new Run();
        const running: string[] = [];
        let started = 0;
        run.sample();
        for (const { starts, stops, closes, millis } of ticks) {
          run.offsetMillis += millis;
          if (stops && running.length > 0) run.host.stop(running.shift()!);
          if (starts) {
            const name = `u${++started % 5}-${started}.service`;
            running.push(name);
            run.host.start(name);
          }
          for (const name of running) run.host.work(name, 1e7);
          run.sample();
          if (closes) await run.close();
        }
        run.sample();
        await run.close();
      }),
      { numRuns: 60 },
    );
  });
});

test('every cumulative series begins with a point of nothing, those of the program itself too', async () => {
  const meters = new Meters({
    metrics: chooseMetrics(),
    resource: { version: '1', hostName: 'h', instanceId: 'i' },
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
    startedUnixMillis: STARTED,
  });
  meters.recordTick(usageOf(['nginx.service'], [{ cpuSeconds: 0.1, memoryBytes: 1e6 }]), 0.004);
  const executables = [executableWindow()];
  const processes = [processWindow()];
  const unit = unitWindow({
    cgroup: EVERY_FIGURE,
    executables,
    processes,
    otherProcesses: otherProcesses(),
  });
  const { scopeMetrics } = await meters.collectWindow(exportWindow(1, [unit]), SELF_READING);
  const { metrics } = scopeMetrics[0]!;
  const totalOf = ({ value }: DataPoint<unknown>) =>
    typeof value === 'number' ? value : (value as { readonly count: number }).count;
  const names = new Set<string>();
  for (const metric of metrics) {
    const isCounter = metric.dataPointType === DataPointType.SUM && metric.isMonotonic;
    if (!isCounter && metric.dataPointType !== DataPointType.HISTOGRAM) continue;
    const points: readonly DataPoint<unknown>[] = metric.dataPoints;
    for (const point of points.filter((each) => totalOf(each) > 0)) {
      const { name } = metric.descriptor;
      names.add(name);
      const begins = points.some((each) => each.attributes === point.attributes && totalOf(each) === 0);
      assert.ok(begins, `${name} ${JSON.stringify(point.attributes)}`);
    }
  }
  assert.ok(names.has('unitledger.self.tick.duration') && names.has('process.cpu.time'), [...names].join());
});
