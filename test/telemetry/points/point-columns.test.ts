import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import type { UnitWindow } from '../../../src/ledger/window/export-window.ts';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import { OPTIONAL_METRICS, TEMPORALITIES } from '../../../src/telemetry/choices.ts';
import { ENCODINGS } from '../../../src/telemetry/export/otlp-encoding.ts';
import { Meters } from '../../../src/telemetry/meters.ts';
import { columnsOf } from '../../../src/telemetry/points/point-columns.ts';
import { seriesIn, withEnds } from '../../../src/telemetry/points/series-end.ts';
import {
  EVERY_FIGURE,
  executableWindow,
  exportWindow,
  otherProcesses,
  processWindow,
  SELF_READING,
  STARTED,
  unitWindow,
} from '../windows.ts';

const AMOUNT = fc.oneof(fc.nat(1000), fc.constant(0), fc.constant(null));

/** A unit that may be absent, with some of two executables and three processes. */
function unitNamed(unit: string): fc.Arbitrary<UnitWindow | null> {
  const window = fc
    .record({
      cpuCores: AMOUNT,
      coverage: AMOUNT,
      withFigures: fc.boolean(),
      executables: fc.subarray(['sh', 'nginx']),
      processes: fc.subarray([1, 2, 3]),
      used: AMOUNT,
      hasOthers: fc.boolean(),
    })
    .map(({ cpuCores, coverage, withFigures, executables, processes, used, hasOthers }) =>
      unitWindow({
        unit,
        cpuCores,
        coverage,
        cgroup: withFigures ? EVERY_FIGURE : null,
        executables: executables.map((executable) => executableWindow({ executable })),
        processes: processes.map((pid) =>
          processWindow({ userSeconds: used, cpuCores: used }, { pid, createdAt: `${unit} ${pid}` }),
        ),
        otherProcesses: hasOthers ? otherProcesses({ readBytes: used }) : null,
      }),
    );
  return fc.option(window, { freq: 4 });
}

const RUN = fc.array(fc.tuple(unitNamed('a.service'), unitNamed('b.service')), {
  minLength: 1,
  maxLength: 4,
});

/** The same metrics with points only. */
function withoutColumns({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map((metric): MetricData => ({ ...metric })),
    })),
  };
}

function metersOf(temporality: (typeof TEMPORALITIES)[number]): Meters {
  return new Meters({
    metrics: chooseMetrics({ alsoOn: OPTIONAL_METRICS }),
    resource: { version: '1', hostName: 'h', instanceId: 'i' },
    temporality,
    histogramAggregation: 'explicit_bucket_histogram',
    startedUnixMillis: STARTED,
  });
}

const hex = (metrics: ResourceMetrics) => Buffer.from(ENCODINGS.protobuf.encode(metrics)).toString('hex');
const metricsIn = ({ scopeMetrics }: ResourceMetrics) => scopeMetrics.flatMap(({ metrics }) => metrics);

test('columns have the bytes, the number of series and the ends of the points that are made of them', async () => {
  let ofColumns = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TEMPORALITIES), RUN, async (temporality, windows) => {
      const meters = metersOf(temporality);
      for (const [i, units] of windows.entries()) {
        const present = units.filter((unit) => unit !== null);
        const window = exportWindow(i + 1, present);
        const metrics = await meters.collectWindow(window, SELF_READING);
        ofColumns += metricsIn(metrics).filter((metric) => columnsOf(metric) !== undefined).length;
        const bytes = hex(metrics);
        const lastBytes = hex(withEnds(metrics, window.endUnixMillis));
        const points = withoutColumns(metrics);
        assert.ok(metricsIn(points).every((metric) => columnsOf(metric) === undefined));
        assert.equal(bytes, hex(points));
        assert.equal(lastBytes, hex(withEnds(points, window.endUnixMillis)));
        assert.equal(
          seriesIn(metricsIn(metrics), window.endUnixMillis),
          seriesIn(metricsIn(points), window.endUnixMillis),
        );
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(ofColumns > 0);
});

test('a series has the same attributes object in every window', async () => {
  const meters = metersOf('cumulative');
  const attributes = [];
  for (const sequence of [1, 2]) {
    const window = exportWindow(sequence, [unitWindow({ processes: [processWindow()] })]);
    const metrics = metricsIn(await meters.collectWindow(window, SELF_READING));
    attributes.push(
      ['unitledger.unit.cpu.usage', 'process.cpu.time'].map((name) => {
        const metric = metrics.find(({ descriptor }) => descriptor.name === name)!;
        return metric.dataPoints.at(-1)!.attributes;
      }),
    );
  }
  const [first, second] = attributes;
  assert.equal(first![0], second![0]);
  assert.equal(first![1], second![1]);
});

test('points that were not read in time are refused, not those of another window', async () => {
  const meters = metersOf('cumulative');
  const collect = async (sequence: number) =>
    metricsIn(await meters.collectWindow(exportWindow(sequence, [unitWindow()]), SELF_READING));
  const [inTime, late] = await collect(1);
  const before = inTime!.dataPoints;
  await collect(2);
  assert.equal(inTime!.dataPoints, before);
  assert.throws(() => late!.dataPoints, /read after the next one had begun/);
});
