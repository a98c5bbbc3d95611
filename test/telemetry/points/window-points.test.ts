import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import type { ProcessWindow, UnitWindow } from '../../../src/ledger/window/export-window.ts';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import type { Temporality } from '../../../src/telemetry/choices.ts';
import { WindowPoints } from '../../../src/telemetry/points/window-points.ts';
import {
  EVERY_FIGURE,
  executableWindow,
  exportWindow,
  otherProcesses,
  processWindow,
  STARTED,
  unitWindow,
  valuesOf,
} from '../windows.ts';

/** Collects windows with these units, one after the other, and gives each one's metrics by name, with values alone. */
function collectUnits(
  temporality: Temporality,
  windows: readonly (readonly UnitWindow[])[],
): Map<string, MetricData>[] {
  const points = new WindowPoints(chooseMetrics(), temporality === 'delta', STARTED);
  return windows.map((units, i) => {
    const window = exportWindow(i + 1, units);
    const metrics = valuesOf(points.collect(window), window);
    return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  });
}

/** The same for one unit with these processes; only what is said of processes. */
function collectAll(
  temporality: Temporality,
  windows: readonly (readonly ProcessWindow[])[],
): Map<string, MetricData>[] {
  const collected = collectUnits(
    temporality,
    windows.map((processes) => [unitWindow({ processes })]),
  );
  const ofProcesses = /^(?:unitledger\.)?process\./;
  return collected.map((metrics) => new Map([...metrics].filter(([name]) => ofProcesses.test(name))));
}

const values = (metric: MetricData | undefined): unknown[] =>
  metric?.dataPoints.map((point) => point.value) ?? [];
const starts = (metric: MetricData | undefined): number[] =>
  metric?.dataPoints.map(({ startTime }) => startTime[0] * 1000 + startTime[1] / 1e6) ?? [];

test('sums are cumulative since the start of the process, and end when the window does', () => {
  const [first] = collectAll('cumulative', [[processWindow()]]);
  const cpu = first!.get('process.cpu.time')!;
  assert.equal(cpu.dataPointType, DataPointType.SUM);
  assert.equal(cpu.aggregationTemporality, AggregationTemporality.CUMULATIVE);
  assert.deepEqual(values(cpu), [1, 0.5]);
  assert.deepEqual(starts(cpu), [STARTED - 10, STARTED - 10]);
  assert.deepEqual(cpu.dataPoints[0]!.endTime, [1_900_000_010, 250_000]);
  assert.deepEqual(cpu.dataPoints[0]!.attributes, {
    'systemd.unit.name': 'nginx.service',
    'process.pid': 4711,
    'process.creation.time': '2030-03-17T17:46:39.990Z',
    'process.executable.name': 'nginx',
    'cpu.mode': 'user',
  });
});

test('a process below its unit’s own cgroup says where; one in it says nothing', () => {
  const [first] = collectAll('cumulative', [
    [processWindow({}, { subCgroup: '/workers/\ud83d' }), processWindow({}, { pid: 4712 })],
  ]);
  assert.deepEqual(
    first!
      .get('process.memory.usage')!
      .dataPoints.map(({ attributes }) => [
        attributes['systemd.unit.name'],
        attributes['unitledger.cgroup.path'],
      ]),
    [
      ['nginx.service', '/workers/\ufffd'],
      ['nginx.service', undefined],
    ],
  );
});

test('what is not known has no point, and a metric without points is left out', () => {
  const unknown = {
    cpuCores: null,
    memoryBytes: null,
    readBytes: null,
    writeBytes: Number.NaN,
    diskBytesPerSecond: Number.POSITIVE_INFINITY,
    transferBytesPerSecond: null,
  };
  const [first] = collectAll('cumulative', [[processWindow(unknown)]]);
  assert.deepEqual([...first!.keys()], ['process.cpu.time']);
});

test('whole numbers stay whole, since a collector refuses a fraction in them', () => {
  const [first] = collectAll('cumulative', [[processWindow({ readBytes: 10.6, memoryBytes: 99.2 })]]);
  assert.deepEqual(values(first!.get('process.disk.io')), [11, 8192]);
  assert.deepEqual(values(first!.get('process.memory.usage')), [99]);
});

test('the command line is an attribute only where it is shown, and half a surrogate pair is mended', () => {
  const [first] = collectAll('cumulative', [[processWindow({}, { command: 'a \ud83d' })]]);
  const attributes = first!.get('process.memory.usage')!.dataPoints[0]!.attributes;
  assert.equal(attributes['process.command_line'], 'a \ufffd');
});

test('the title is an attribute only of a process that has one', () => {
  const titled = processWindow({}, { pid: 7, title: 'nginx: worker process' });
  const [first] = collectAll('cumulative', [[processWindow(), titled]]);
  const points = first!.get('process.memory.usage')!.dataPoints;
  assert.deepEqual(
    points.map(({ attributes }) => attributes['process.title']),
    [undefined, 'nginx: worker process'],
  );
  assert.ok(!('process.title' in points[0]!.attributes));
});

test('a process that ended has its last points in the window in which it ended, and none after', () => {
  const collected = collectAll('cumulative', [
    [processWindow()],
    [processWindow({ ended: true, userSeconds: 1.25, memoryBytes: null })],
    [],
  ]);
  assert.deepEqual(values(collected[1]!.get('process.cpu.time')), [1.25, 0.5]);
  assert.equal(collected[1]!.has('process.memory.usage'), false);
  assert.equal(collected[2]!.size, 0);
});

test('deltas start at the end of the window before, the first at the start of the process', () => {
  const collected = collectAll('delta', [
    [processWindow({ userSeconds: 1 })],
    [processWindow({ userSeconds: 4 })],
  ]);
  const [first, second] = collected.map((metrics) => metrics.get('process.cpu.time')!);
  assert.equal(second!.aggregationTemporality, AggregationTemporality.DELTA);
  assert.deepEqual(values(first), [1, 0.5]);
  assert.deepEqual(starts(first), [STARTED - 10, STARTED - 10]);
  assert.deepEqual(values(second), [3, 0]);
  assert.deepEqual(starts(second), [STARTED + 10_000.25, STARTED + 10_000.25]);
});

test('a delta goes back over the windows in which the figure was not known', () => {
  const collected = collectAll('delta', [
    [processWindow({ readBytes: 100 })],
    [processWindow({ readBytes: null })],
    [processWindow({ readBytes: 175 })],
  ]);
  const third = collected[2]!.get('process.disk.io');
  assert.deepEqual(values(third), [75, 0]);
  assert.deepEqual(starts(third), [STARTED + 10_000.25, STARTED + 20_000.25]);
});

test('memory stays cumulative where deltas are preferred, and so do processes under lowmemory', () => {
  const [delta] = collectAll('delta', [[processWindow()]]);
  assert.equal(delta!.get('process.memory.usage')!.aggregationTemporality, AggregationTemporality.CUMULATIVE);
  const [low] = collectAll('lowmemory', [[processWindow()]]);
  assert.equal(low!.get('process.cpu.time')!.aggregationTemporality, AggregationTemporality.CUMULATIVE);
});

test('a PID that is used again is a process of its own: its deltas start anew', () => {
  const again = processWindow(
    { userSeconds: 0.1, startUnixMillis: STARTED + 11_000 },
    { createdAt: '2030-03-17T17:46:51Z' },
  );
  const collected = collectAll('delta', [[processWindow({ userSeconds: 5 })], [again]]);
  assert.deepEqual(values(collected[1]!.get('process.cpu.time')), [0.1, 0.5]);
  assert.deepEqual(starts(collected[1]!.get('process.cpu.time')), [STARTED + 11_000, STARTED + 11_000]);
});

test('the deltas of a process add up to its cumulative figure, whenever it is seen', () => {
  const growth = fc.array(fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: null }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(growth, (steps) => {
      let total = 0;
      let known = 0;
      const windows = steps.map((step) => {
        if (step !== null) {
          total += step;
          known = total;
        }
        return [processWindow({ readBytes: step === null ? null : total, writeBytes: null })];
      });
      const collected = collectAll('delta', windows);
      const deltas = collected.flatMap((metrics) => values(metrics.get('process.disk.io'))) as number[];
      assert.equal(
        deltas.reduce((sum, delta) => sum + delta, 0),
        known,
      );
    }),
    { numRuns: 100 },
  );
});

test('a start that lies after the end of the window, as a clock that was set leaves it, is moved to the end', () => {
  const [first] = collectAll('cumulative', [[processWindow({ startUnixMillis: STARTED + 99_000 })]]);
  assert.deepEqual(starts(first!.get('process.memory.usage')), [STARTED + 10_000.25]);
});

test('processes without series of their own have one together, without a PID', () => {
  const [first] = collectUnits('cumulative', [
    [unitWindow({ processes: [processWindow()], otherProcesses: otherProcesses({ userSeconds: 7 }) })],
  ]);
  const cpu = first!.get('process.cpu.time')!;
  assert.deepEqual(values(cpu), [1, 0.5, 7, 0.5]);
  assert.deepEqual(cpu.dataPoints[2]!.attributes, {
    'systemd.unit.name': 'nginx.service',
    'process.executable.name': 'other',
    'cpu.mode': 'user',
  });
  assert.equal(starts(cpu)[2], STARTED + 5);
});

test('what is made of a subject is made once: its attributes are the same object in every window', () => {
  const unit = unitWindow({
    cgroup: EVERY_FIGURE,
    executables: [executableWindow()],
    processes: [processWindow()],
    otherProcesses: otherProcesses(),
  });
  const [first, second] = collectUnits('cumulative', [[unit], [unit]]);
  for (const [name, { dataPoints }] of first!) {
    for (const [i, { attributes }] of dataPoints.entries()) {
      assert.equal(attributes, second!.get(name)!.dataPoints[i]!.attributes, name);
    }
  }
});

test('a unit that is known by another name now has points with that name', () => {
  const alias = unitWindow({ unit: 'alias.service' });
  const [first, second] = collectUnits('cumulative', [[alias], [{ ...alias, unit: 'real.service' }]]);
  const unitOf = (metrics: Map<string, MetricData> | undefined) =>
    metrics!
      .get('unitledger.unit.present')!
      .dataPoints.map(({ attributes }) => attributes['systemd.unit.name']);
  assert.deepEqual([unitOf(first), unitOf(second)], [['alias.service'], ['real.service']]);
});

test('deltas of a unit that was gone for some windows go on from what was exported of it last', () => {
  const executables = (cpuSeconds: number) => [executableWindow({ cpuSeconds })];
  const [first, between, last] = collectUnits('delta', [
    [unitWindow({ executables: executables(2) })],
    [],
    [unitWindow({ executables: executables(5) })],
  ]);
  const name = 'unitledger.executable.cpu.time';
  assert.deepEqual(values(first!.get(name)), [2]);
  assert.equal(between!.has(name), false);
  assert.deepEqual(values(last!.get(name)), [3]);
  assert.deepEqual(starts(last!.get(name)), [STARTED + 10_000.25]);
});

test('a process says of itself what is wanted, as far as it is known', () => {
  const id = 'a1'.repeat(32);
  const process = processWindow(
    {},
    { subCgroup: '/x', command: 'c', container: { containerId: id, podUid: 'uid' }, parentPid: 7 },
  );
  const unit = unitWindow({ processes: [process] });
  const said = (...wanted: ConstructorParameters<typeof WindowPoints>[3][]) => {
    const points = new WindowPoints(chooseMetrics(), false, STARTED, ...wanted);
    const metric = points
      .collect(exportWindow(1, [unit]))
      .find(({ descriptor }) => descriptor.name === 'process.memory.usage')!;
    return Object.keys(metric.dataPoints[0]!.attributes).slice(4);
  };
  assert.deepEqual(said(), ['unitledger.cgroup.path', 'container.id', 'k8s.pod.uid', 'process.command_line']);
  assert.deepEqual(said(['parent']), ['process.parent_pid']);
  assert.deepEqual(said([]), []);
});
