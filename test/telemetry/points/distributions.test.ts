import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AggregationTemporality,
  AggregationType,
  type ExponentialHistogram,
  type Histogram,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import { Distributions, type DistributionsOptions } from '../../../src/telemetry/points/distributions.ts';
import { Base2Histogram } from '../../../src/telemetry/points/exponential-histogram.ts';
import { ExplicitHistogram } from '../../../src/telemetry/points/histogram.ts';
import { exportWindow, STARTED, unitWindow, usageOf, valuesOf } from '../windows.ts';

/** What the SDK's own histogram makes of the values. */
async function bySdk(values: readonly number[], type: 'explicit' | 'exponential') {
  const reader = new (class extends MetricReader {
    protected override async onShutdown(): Promise<void> {}
    protected override async onForceFlush(): Promise<void> {}
  })({
    aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
    aggregationSelector: () => ({
      type: type === 'explicit' ? AggregationType.DEFAULT : AggregationType.EXPONENTIAL_HISTOGRAM,
    }),
  });
  const histogram = new MeterProvider({ readers: [reader] })
    .getMeter('test')
    .createHistogram('h', { advice: { explicitBucketBoundaries: [...BOUNDARIES] } });
  for (const value of values) histogram.record(value);
  const { resourceMetrics } = await reader.collect();
  return resourceMetrics.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.value;
}

const BOUNDARIES = [0, 0.001, 0.5, 1, 2, 64];
const VALUES = fc.array(
  fc.oneof(
    fc.double({ min: 0, max: 1e15, noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, 0.001, 0.5, 1, 2, 4, 64, 1024, 2 ** 40, 2 ** -30),
    fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  ),
  { minLength: 1, maxLength: 60 },
);

test('explicit buckets count the same as the SDK’s', async () => {
  await fc.assert(
    fc.asyncProperty(VALUES, async (values) => {
      const own = new ExplicitHistogram(BOUNDARIES);
      for (const value of values) own.record(value);
      assert.deepEqual(own.value(), await bySdk(values, 'explicit'));
    }),
    { numRuns: 200 },
  );
});

test('exponential buckets count the same as the SDK’s, at the same scale', async () => {
  await fc.assert(
    fc.asyncProperty(VALUES, async (values) => {
      const own = new Base2Histogram();
      for (const value of values) own.record(value);
      const mine = own.value();
      const theirs = (await bySdk(values, 'exponential')) as ExponentialHistogram;
      if (values.some((value) => value > 0)) assert.equal(mine.scale, theirs.scale);
      assert.deepEqual(
        [mine.count, mine.zeroCount, mine.sum, mine.min, mine.max],
        [theirs.count, theirs.zeroCount, theirs.sum, theirs.min, theirs.max],
      );
      assert.deepEqual(filled(mine), filled(theirs));
    }),
    { numRuns: 300 },
  );
});

test('the scale never gets finer, also after a window of zeros only: Prometheus would see a reset', () => {
  const histogram = new Base2Histogram();
  let before = Number.POSITIVE_INFINITY;
  for (const value of [0, 0, 0.25, 0.3, 7]) {
    histogram.record(value);
    const { scale } = histogram.value();
    assert.ok(scale <= before, `${scale} after ${before}`);
    before = scale;
  }
});

/** Buckets that hold something, by index. */
function filled({ positive }: ExponentialHistogram): (readonly [number, number])[] {
  return positive.bucketCounts.flatMap((count, i) =>
    count > 0 ? [[positive.offset + i, count] as const] : [],
  );
}

function distributions(more: Partial<DistributionsOptions> = {}): Distributions {
  return new Distributions({
    metrics: chooseMetrics(),
    deltas: false,
    aggregation: 'explicit_bucket_histogram',
    startedUnixMillis: STARTED,
    ...more,
  });
}

const CPU = 'unitledger.sample.cpu.usage';

/** Count, and start, of the CPU distribution of each unit in a window. */
function cpuIn(recorded: Distributions, sequence: number, units: readonly string[]) {
  const window = exportWindow(
    sequence,
    units.map((unit) => unitWindow({ unit })),
  );
  const metric = valuesOf(recorded.collect(window), window).find(({ descriptor }) => descriptor.name === CPU);
  return (metric?.dataPoints ?? []).map(({ attributes, value, startTime }) => [
    attributes['systemd.unit.name'],
    (value as Histogram).count,
    startTime[0] * 1000 + startTime[1] / 1e6,
  ]);
}

test('a distribution contains every sample of its unit, over windows, from the start of the run on', () => {
  const recorded = distributions();
  const rows = [{ cpuSeconds: 1 }, { cpuSeconds: 0 }, { unit: 1, cpuSeconds: 2 }];
  recorded.recordTick(usageOf(['a', 'b'], rows));
  assert.deepEqual(cpuIn(recorded, 1, ['a', 'b']), [
    ['a', 2, STARTED],
    ['b', 1, STARTED],
  ]);
  recorded.recordTick(usageOf(['a', 'b'], rows));
  assert.deepEqual(cpuIn(recorded, 2, ['a', 'b']), [
    ['a', 4, STARTED],
    ['b', 2, STARTED],
  ]);
});

test('as deltas, it holds those since the window before', () => {
  const recorded = distributions({ deltas: true });
  for (const sequence of [1, 2]) {
    recorded.recordTick(usageOf(['a'], [{ cpuSeconds: 1 }]));
    const start = sequence === 1 ? STARTED : STARTED + 10_000.25;
    assert.deepEqual(cpuIn(recorded, sequence, ['a']), [['a', 1, start]]);
  }
});

test('unknown values and missing rates are not in it; without samples there is no point', () => {
  const recorded = distributions();
  recorded.recordTick(usageOf(['a'], [{ cpuSeconds: 1, observedSeconds: 0 }, {}]));
  assert.deepEqual(cpuIn(recorded, 1, ['a']), []);
});

test('a unit that is not in the window has no point; if it returns to its slot, it continues', () => {
  const recorded = distributions();
  recorded.recordTick(usageOf(['a', 'b'], [{ unit: 1, cpuSeconds: 1 }]));
  assert.deepEqual(cpuIn(recorded, 1, ['a']), []);
  recorded.recordTick(usageOf(['a', 'b'], [{ unit: 1, cpuSeconds: 1 }]));
  assert.deepEqual(cpuIn(recorded, 2, ['a', 'b']), [['b', 2, STARTED]]);
});

test('another unit in its place begins with nothing, when the window before had ended', () => {
  const recorded = distributions();
  recorded.recordTick(usageOf(['a'], [{ cpuSeconds: 1 }]));
  cpuIn(recorded, 1, ['a']);
  recorded.recordTick(usageOf(['b'], [{ cpuSeconds: 1 }]));
  assert.deepEqual(cpuIn(recorded, 2, ['b']), [['b', 1, STARTED + 10_000.25]]);
});

test('idle rows used nothing, and keep their memory', () => {
  for (const aggregation of ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const) {
    const [booked, resting] = [distributions({ aggregation }), distributions({ aggregation })];
    const idle = { cpuSeconds: 0, memoryBytes: 5_000_000, diskBytes: 0, transferBytes: 0 };
    const rows = [
      idle,
      { ...idle, cpuSeconds: 1 },
      { cpuSeconds: 0, memoryBytes: 4096 },
      { ...idle, unit: 1 },
    ];
    for (let tick = 0; tick < 3; tick++) {
      booked.recordTick(usageOf(['a', 'b'], rows));
      const usage = usageOf(['a', 'b'], rows);
      for (let i = 0; i < usage.liveCount; i++) usage.rows.atRest[usage.liveSlots[i]!] = i === 1 ? 0 : 1;
      resting.recordTick(usage);
    }
    const window = exportWindow(1, [unitWindow({ unit: 'a' }), unitWindow({ unit: 'b' })]);
    const collected = booked.collect(window);
    assert.deepEqual(resting.collect(window), collected);
    assert.equal(collected.length, 4);
  }
});

test('rows that are idle in any ticks, of units that are renamed, have the distributions of booked rows', () => {
  const ROW_COUNT = 4;
  const idleFor = fc.record({
    isIdle: fc.boolean(),
    cpuSeconds: fc.nat(4),
    memoryBytes: fc.constantFrom(Number.NaN, 4096, 5_000_000),
    diskBytes: fc.constantFrom(Number.NaN, 0, 8192),
    isFast: fc.boolean(),
  });
  const tick = fc.record({
    rows: fc.array(idleFor, { minLength: ROW_COUNT, maxLength: ROW_COUNT }),
    first: fc.constantFrom('a', 'renamed'),
    closes: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.constantFrom('cumulative', 'delta'),
      fc.array(tick, { minLength: 2, maxLength: 12 }),
      (temporality, ticks) => {
        const deltas = temporality === 'delta';
        const [booked, resting] = [distributions({ deltas }), distributions({ deltas })];
        const last = Array.from({ length: ROW_COUNT }, () => ({
          memoryBytes: Number.NaN,
          diskBytes: Number.NaN,
        }));
        let sequence = 0;
        for (const [i, { rows, first, closes }] of ticks.entries()) {
          const units = [first, 'b'];
          const now = rows.map((row, index) => {
            // A row keeps its memory while it is idle, and whether its bytes are known.
            const { memoryBytes, diskBytes } = row.isIdle && i > 0 ? last[index]! : row;
            const used = row.isIdle
              ? { cpuSeconds: 0, diskBytes: Number.isNaN(diskBytes) ? Number.NaN : 0 }
              : { cpuSeconds: row.cpuSeconds, diskBytes };
            return { ...used, unit: index % 2, memoryBytes, observedSeconds: rows[0]!.isFast ? 0.1 : 0.5 };
          });
          last.splice(0, ROW_COUNT, ...now);
          const usages = [usageOf(units, now), usageOf(units, now)].map((usage) => ({
            ...usage,
            leastRateSeconds: 0.25,
          }));
          const [plain, withIdle] = usages;
          if (i > 0) {
            rows.forEach(({ isIdle }, index) => {
              withIdle!.rows.atRest[withIdle!.liveSlots[index]!] = isIdle ? 1 : 0;
            });
          }
          booked.recordTick(plain!);
          resting.recordTick(withIdle!);
          if (!closes && i < ticks.length - 1) continue;
          const window = exportWindow(++sequence, [unitWindow({ unit: first }), unitWindow({ unit: 'b' })]);
          assert.deepEqual(resting.collect(window), booked.collect(window));
        }
      },
    ),
    { numRuns: 300 },
  );
});
