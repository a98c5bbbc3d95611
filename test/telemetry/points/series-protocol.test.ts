import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Histogram, MetricData } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import type { UnitWindow } from '../../../src/ledger/window/export-window.ts';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import type { HistogramAggregation, Temporality } from '../../../src/telemetry/choices.ts';
import { Meters } from '../../../src/telemetry/meters.ts';
import {
  executableWindow,
  exportWindow,
  otherProcesses,
  processWindow,
  SELF_READING,
  STARTED,
  unitWindow,
  usageOf,
} from '../windows.ts';

/** End of a window of `exportWindow`. */
const endOf = (sequence: number) => STARTED + sequence * 10_000 + 0.25;
const CPU = 'process.cpu.time';

/** A point as a backend has it: `null` where it has no value because the series ends. */
interface Seen {
  readonly name: string;
  readonly series: string;
  readonly startUnixMillis: number;
  readonly unixMillis: number;
  readonly value: number | null;
}

function seenIn(metrics: readonly MetricData[]): Seen[] {
  const millis = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1000 + nanoseconds / 1e6;
  return metrics.flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map(({ attributes, startTime, endTime, value }) => {
      const measured = typeof value === 'number' ? value : value.sum!;
      return {
        name: descriptor.name,
        series: `${descriptor.name} ${JSON.stringify(attributes)}`,
        startUnixMillis: millis(startTime),
        unixMillis: millis(endTime),
        value: Number.isNaN(measured) ? null : typeof value === 'number' ? value : value.count,
      };
    }),
  );
}

/** Everything that is exported of windows, one after the other. */
class Exported {
  readonly #meters: Meters;
  #sequence = 0;

  constructor(
    temporality: Temporality = 'cumulative',
    histogramAggregation: HistogramAggregation = 'explicit_bucket_histogram',
  ) {
    this.#meters = new Meters({
      metrics: chooseMetrics(),
      resource: { version: '1', hostName: 'h', instanceId: 'i' },
      temporality,
      histogramAggregation,
      startedUnixMillis: STARTED,
    });
  }

  tick(units: readonly string[]): void {
    this.#meters.recordTick(
      usageOf(
        units,
        units.map((_, unit) => ({ unit, cpuSeconds: 0.1, memoryBytes: 5 })),
      ),
      null,
    );
  }

  async metrics(units: readonly UnitWindow[]): Promise<readonly MetricData[]> {
    const { scopeMetrics } = await this.#meters.collectWindow(
      exportWindow(++this.#sequence, units),
      SELF_READING,
    );
    return scopeMetrics[0]!.metrics;
  }

  /** The points of units, in order. */
  async window(units: readonly UnitWindow[]): Promise<Seen[]> {
    const points = seenIn(await this.metrics(units));
    return points.filter(({ series }) => series.includes('systemd.unit.name'));
  }
}

const of = (points: readonly Seen[], name: string, ...parts: readonly string[]) =>
  points.filter((point) => point.name === name && parts.every((part) => point.series.includes(part)));
const valuesOf = (points: readonly Seen[]) => points.map(({ value }) => value);

describe('a cumulative series', () => {
  test('begins with a point of value 0, after the window before and ahead of its first value', async () => {
    const exported = new Exported();
    await exported.window([]);
    const late = processWindow({ startUnixMillis: endOf(1) + 4_000, userSeconds: 3 });
    const early = processWindow({ startUnixMillis: endOf(1), userSeconds: 2 }, { pid: 12 });
    const points = await exported.window([unitWindow({ processes: [late, early] })]);
    assert.deepEqual(
      of(points, CPU, '"user"').map(({ value, unixMillis }) => [value, unixMillis]),
      [
        [0, endOf(1) + 4_000],
        [3, endOf(2)],
        [0, endOf(1) + 1],
        [2, endOf(2)],
      ],
    );
  });

  test('that begins with the value 0 has that as its first point', async () => {
    const points = await new Exported().window([unitWindow({ restarts: 0 })]);
    assert.deepEqual(valuesOf(of(points, 'unitledger.unit.restarts')), [0]);
  });

  test('has one point a window from then on', async () => {
    const exported = new Exported();
    const unit = unitWindow({ processes: [processWindow()], executables: [executableWindow()] });
    await exported.window([unit]);
    const points = await exported.window([unit]);
    assert.equal(new Set(points.map(({ series }) => series)).size, points.length);
    assert.ok(points.every(({ unixMillis, value }) => unixMillis === endOf(2) && value !== null));
  });

  test('that could be read late begins when it could', async () => {
    const exported = new Exported();
    await exported.window([unitWindow({ processes: [processWindow({ readBytes: null })] })]);
    const points = await exported.window([unitWindow({ processes: [processWindow({ readBytes: 7 })] })]);
    assert.deepEqual(valuesOf(of(points, 'process.disk.io', '"read"')), [0, 7]);
  });

  test('of a histogram begins with an empty one, in the same buckets', async () => {
    for (const aggregation of ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const) {
      const exported = new Exported('cumulative', aggregation);
      exported.tick(['a']);
      const metrics = await exported.metrics([unitWindow({ unit: 'a' })]);
      const { dataPoints } = metrics.find(
        ({ descriptor }) => descriptor.name === 'unitledger.sample.cpu.usage',
      )!;
      const [empty, counted] = dataPoints.map(({ value }) => value as Histogram & { scale?: number });
      assert.deepEqual([empty!.count, counted!.count], [0, 1]);
      assert.equal(empty!.scale, counted!.scale);
      if (aggregation === 'explicit_bucket_histogram') {
        assert.deepEqual(empty!.buckets.boundaries, counted!.buckets.boundaries);
        assert.equal(
          empty!.buckets.counts.reduce((sum, count) => sum + count),
          0,
        );
      }
    }
  });
});

for (const temporality of ['cumulative', 'delta', 'lowmemory'] as const) {
  for (const aggregation of ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const) {
    test(`everything of a unit ends with one point without a value, ${temporality}, ${aggregation}`, async () => {
      const exported = new Exported(temporality, aggregation);
      const unit = (name: string) =>
        unitWindow({
          unit: name,
          executables: [executableWindow({ executable: `${name} sh` })],
          processes: [processWindow({}, { pid: name.length })],
          otherProcesses: otherProcesses(),
        });
      exported.tick(['gone', 'stays']);
      const first = await exported.window([unit('gone'), unit('stays')]);
      exported.tick(['stays']);
      const second = await exported.window([unit('stays')]);
      const ended = second.filter(({ value }) => value === null);
      const gone = new Set(first.flatMap(({ series }) => (series.includes('"gone"') ? [series] : [])));
      assert.deepEqual(ended.map(({ series }) => series).sort(), [...gone].sort());
      assert.ok(ended.every(({ unixMillis }) => unixMillis === endOf(2)));
      assert.deepEqual(
        (await exported.window([unit('stays')])).filter(({ value }) => value === null),
        [],
      );
    });
  }
}

describe('a series ends', () => {
  test('when its process has ended: gauges with the window of the end, counters with the next', async () => {
    const exported = new Exported();
    await exported.window([unitWindow({ processes: [processWindow()] })]);
    const last = processWindow({ ended: true, userSeconds: 1.25, memoryBytes: null });
    const second = await exported.window([unitWindow({ processes: [last] })]);
    assert.deepEqual(valuesOf(of(second, 'process.memory.usage')), [null]);
    assert.deepEqual(valuesOf(of(second, CPU, '"user"')), [1.25]);
    const third = await exported.window([unitWindow()]);
    assert.deepEqual(valuesOf(of(third, 'process.memory.usage')), []);
    assert.deepEqual(valuesOf(of(third, CPU, '"user"')), [null]);
    assert.deepEqual(valuesOf(of(third, 'unitledger.process.cpu.usage')), [null]);
  });

  test('as a gauge of a unit or an executable name while it is not known', async () => {
    const exported = new Exported();
    await exported.window([unitWindow({ executables: [executableWindow()] })]);
    const second = await exported.window([unitWindow({ coverage: null })]);
    assert.deepEqual(valuesOf(of(second, 'unitledger.unit.cpu.coverage')), [null]);
    assert.deepEqual(valuesOf(of(second, 'unitledger.executable.memory.usage')), [null]);
    const third = await exported.window([unitWindow({ coverage: null })]);
    assert.deepEqual(of(third, 'unitledger.unit.cpu.coverage'), []);
    const fourth = await exported.window([unitWindow({ coverage: 0.5 })]);
    assert.deepEqual(valuesOf(of(fourth, 'unitledger.unit.cpu.coverage')), [0.5]);
  });

  test('as a counter only with its subject, not while it cannot be read', async () => {
    const exported = new Exported();
    await exported.window([unitWindow({ processes: [processWindow({ readBytes: 5 })] })]);
    const second = await exported.window([unitWindow({ processes: [processWindow({ readBytes: null })] })]);
    assert.deepEqual(of(second, 'process.disk.io', '"read"'), []);
    const third = await exported.window([unitWindow({ processes: [processWindow({ readBytes: 9 })] })]);
    assert.deepEqual(valuesOf(of(third, 'process.disk.io', '"read"')), [9]);
  });

  test('under its old name when its unit turns out to be called otherwise, and the new one counts from there', async () => {
    const exported = new Exported();
    const alias = unitWindow({ unit: 'alias.service', restarts: 4 });
    await exported.window([alias]);
    const points = of(
      await exported.window([{ ...alias, unit: 'real.service', restarts: 6 }]),
      'unitledger.unit.restarts',
    );
    assert.deepEqual(valuesOf(points.filter(({ series }) => series.includes('alias'))), [null]);
    assert.deepEqual(valuesOf(points.filter(({ series }) => series.includes('real'))), [0, 2]);
  });

  test('but not where another subject goes on with the same attributes', async () => {
    const exported = new Exported();
    await exported.window([unitWindow({ series: {}, memoryBytes: 5 })]);
    const points = await exported.window([unitWindow({ series: {}, memoryBytes: null })]);
    assert.deepEqual(valuesOf(of(points, 'unitledger.unit.present')), [1]);
    assert.deepEqual(valuesOf(of(points, 'unitledger.unit.memory.usage')), [null]);
    assert.deepEqual(valuesOf(of(points, 'unitledger.unit.restarts')), [0]);
  });
});

test('a unit that comes back after a gap counts from when it is back: what it had used is not billed again', async () => {
  const exported = new Exported();
  const unit = (live: number, restarts: number, unattributedSeconds: number) =>
    unitWindow({
      cpuSeconds: live + unattributedSeconds,
      bookedSeconds: { live, exited: 0, reaped: 0, shared: 0 },
      unattributedSeconds,
      restarts,
    });
  await exported.window([unit(3.8, 1, 0.5)]);
  for (let i = 0; i < 5; i++) await exported.window([]);
  const back = await exported.window([unit(7.5, 2, 0.75)]);
  const cpu = of(back, 'unitledger.unit.cpu.booked.time', '"live"');
  assert.deepEqual(
    cpu.map(({ value }) => value?.toFixed(6)),
    ['0.000000', '3.700000'],
  );
  assert.ok(cpu.every(({ startUnixMillis }) => startUnixMillis > endOf(6)));
  assert.deepEqual(valuesOf(of(back, 'unitledger.unit.restarts')), [0, 1]);
  assert.deepEqual(valuesOf(of(back, 'unitledger.unit.cpu.unattributed')), [0.25]);
  assert.equal(of(back, 'unitledger.unit.cpu.time')[1]!.value?.toFixed(6), '3.950000');
  const last = await exported.window([unit(8, 2, 0.75)]);
  const next = of(last, 'unitledger.unit.cpu.booked.time', '"live"');
  assert.equal(next[0]!.value?.toFixed(6), '4.200000');
  assert.equal(next[0]!.startUnixMillis, cpu[0]!.startUnixMillis);
});

/** What a backend holds of series: it refuses points that do not come in the order of their times. */
class Backend {
  readonly #last = new Map<string, number>();
  /** Series that are there: those whose last point has a value. */
  readonly there = new Map<string, number>();
  /** What each counter rose by, its first value not counted: a backend does not know what was before. */
  readonly risen = new Map<string, number>();

  take(points: readonly Seen[]): void {
    for (const { series, unixMillis, startUnixMillis, value } of points) {
      assert.ok(unixMillis > (this.#last.get(series) ?? 0), `${series} goes back in time`);
      assert.ok(startUnixMillis <= unixMillis);
      this.#last.set(series, unixMillis);
      if (value === null) {
        assert.ok(this.there.delete(series), `${series} ends and was not there`);
        continue;
      }
      const before = this.there.get(series);
      const risen = before === undefined ? 0 : value - before;
      assert.ok(!series.includes('unit.cpu.time') || risen >= -1e-9, `${series} fell`);
      if (before === undefined && series.includes('unit.cpu.time'))
        assert.equal(value, 0, `${series} begins`);
      this.risen.set(series, (this.risen.get(series) ?? 0) + risen);
      this.there.set(series, value);
    }
  }
}

test('whatever comes, goes and comes back, a backend has the series of the window, and loses nothing', async () => {
  const presence = fc.array(fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 9 })), { maxLength: 5 }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(presence, async (windows) => {
      const exported = new Exported();
      const backend = new Backend();
      const used = new Map<number, number>();
      for (const present of windows) {
        for (const [unit, seconds] of present) used.set(unit, (used.get(unit) ?? 0) + seconds);
        const shown = [...new Map(present).keys()].map((unit) =>
          unitWindow({
            unit: `u${unit}`,
            cpuSeconds: used.get(unit)!,
          }),
        );
        backend.take(await exported.window(shown));
        const names = (points: Iterable<string>) =>
          new Set([...points].flatMap((name) => /u\d/.exec(name) ?? []));
        assert.deepEqual(names(backend.there.keys()), new Set(shown.map(({ unit }) => unit)));
      }
      for (const [unit, seconds] of used) {
        const risen = [...backend.risen].filter(
          ([series]) => series.includes(`"u${unit}"`) && series.includes('unit.cpu.time'),
        );
        assert.equal(
          risen.reduce((sum, [, value]) => sum + value, 0),
          seconds,
        );
      }
    }),
    { numRuns: 100 },
  );
});
