import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { type TestContext, test } from 'node:test';
import { resourceValues } from '../../src/commands/track/resource-values.ts';
import { systemClock } from '../../src/host/clock.ts';
import type { ExportWindow } from '../../src/ledger/window/export-window.ts';
import { attributeKeys, CATALOGUE } from '../../src/telemetry/catalogue.ts';
import { telemetryResource } from '../../src/telemetry/resource.ts';
import { startTelemetry, type Telemetry, type TelemetryOptions } from '../../src/telemetry/telemetry.ts';
import { type OtlpReceiver, otlpReceiverAvailable, startOtlpReceiver } from '../end-to-end/otlp-receiver.ts';
import { allPointsOf, pointsOf, type ReceivedPoint, resourceOf } from '../end-to-end/otlp-request.ts';
import { skipUnless } from '../skip.ts';
import { RecordedLog } from './recorded-log.ts';
import {
  DETAILS,
  EVERY_FIGURE,
  executableWindow,
  exportWindow,
  PROCESS_RANGES,
  processWindow,
  type Row,
  SELF,
  STARTED,
  UNIT_RANGES,
  unitWindow,
  usageOf,
} from './windows.ts';

const REAL = { ...skipUnless(otlpReceiverAvailable()), timeout: 120_000 };

/** Telemetry that goes to a receiver of its own. */
async function setUp(t: TestContext, more: Partial<TelemetryOptions> = {}) {
  const receiver = await startOtlpReceiver();
  const log = new RecordedLog();
  const telemetry = startTelemetry({
    exporters: ['otlp'],
    resource: { version: '1.2.3', hostName: 'host-a', osVersion: '6.18.0', instanceId: 'instance-1' },
    exportTimeoutSeconds: 10,
    spool: { directory: undefined, bytes: 0, ageSeconds: 7200 },
    clock: systemClock,
    selfFigures: () => SELF,
    startedUnixMillis: STARTED,
    seriesBudget: 20_000,
    log,
    writeConsole: () => assert.fail('nothing goes to the console'),
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
    ...more,
  });
  t.after(async () => {
    await telemetry.shutdown(0);
    await receiver.stop();
  });
  return { receiver, log, telemetry };
}

/** Exports windows and gives the points of each, as they were received. Everything must have been understood. */
async function received(
  { receiver, telemetry, log }: { receiver: OtlpReceiver; telemetry: Telemetry; log: RecordedLog },
  windows: readonly ExportWindow[],
): Promise<ReceivedPoint[][]> {
  for (const window of windows) {
    telemetry.exportWindow(window);
  }
  const requests = await receiver.waitFor(windows.length);
  assert.deepEqual(receiver.errors, []);
  assert.deepEqual(log.said, []);
  return requests.map((request) => pointsOf(request.body));
}

const named = (points: readonly ReceivedPoint[], name: string): ReceivedPoint[] =>
  points.filter((point) => point.name === name);
const valuesOf = (points: readonly ReceivedPoint[], name: string): number[] =>
  named(points, name).map((point) => point.value);

const FULL = unitWindow({
  ranges: UNIT_RANGES,
  cgroup: EVERY_FIGURE,
  executables: [executableWindow()],
  processes: [processWindow({ details: DETAILS, ranges: PROCESS_RANGES })],
});

test(
  'every metric of the catalogue arrives, with its unit, kind and attributes, at one time',
  REAL,
  async (t) => {
    const run = await setUp(t, { alsoOn: CATALOGUE.map((metric) => metric.name) });
    run.telemetry.recordTick(
      usageOf(['nginx.service'], [{ cpuSeconds: 0.1, memoryBytes: 1, diskBytes: 5, transferBytes: 6 }]),
      0.004,
    );
    const [points] = await received(run, [exportWindow(1, [FULL])]);
    for (const metric of CATALOGUE) {
      const own = named(points!, metric.name);
      assert.equal(own.length, 'series' in metric ? metric.series.length : 1, metric.name);
      for (const point of own) {
        assert.deepEqual(Object.keys(point.attributes), attributeKeys(metric), metric.name);
        assert.equal(point.unit, metric.unit);
        const sum = metric.instrument === 'counter' || metric.instrument === 'updowncounter';
        assert.equal(point.kind, sum ? 'sum' : metric.instrument, metric.name);
        assert.equal(point.monotonic, metric.instrument === 'counter', metric.name);
        assert.equal(
          'asInt' in point.raw,
          metric.valueType === 'int' && point.kind !== 'histogram',
          metric.name,
        );
        assert.equal(point.temporality, point.kind === 'gauge' ? null : 'cumulative');
      }
    }
    assert.equal(new Set(points!.map((point) => point.name)).size, CATALOGUE.length);
    assert.deepEqual(
      new Set(points!.map((point) => point.raw.timeUnixNano)),
      new Set(['1900000010000250000']),
    );
    assert.ok(points!.every((point) => point.startUnixMillis <= point.unixMillis));
  },
);

test('a request names the version of the semantic conventions that names come from', REAL, async (t) => {
  const run = await setUp(t);
  await received(run, [exportWindow(1, [FULL])]);
  const require = createRequire(import.meta.url);
  const { dependencies } = require('../../package.json') as { dependencies: Record<string, string> };
  const expected = `https://opentelemetry.io/schemas/${dependencies['@opentelemetry/semantic-conventions']}`;
  for (const { schemaUrl, scopeMetrics } of run.receiver.requests[0]!.body.resourceMetrics) {
    assert.equal(schemaUrl, expected);
    assert.deepEqual(
      scopeMetrics.map((each) => each.schemaUrl),
      [expected],
    );
  }
});

test('one request holds one resource and one scope, which say who measured what host', REAL, async (t) => {
  const run = await setUp(t);
  await received(run, [exportWindow(1, [FULL])]);
  const { body, contentType, userAgent } = run.receiver.requests[0]!;
  const { 'telemetry.sdk.version': sdkVersion, ...resource } = resourceOf(body);
  assert.match(String(sdkVersion), /^3\./);
  assert.deepEqual(resource, {
    'service.name': 'unitledger',
    'service.version': '1.2.3',
    'service.instance.id': 'instance-1',
    'host.name': 'host-a',
    'os.type': 'linux',
    'os.version': '6.18.0',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
  });
  const scopes = body.resourceMetrics.flatMap((one) => one.scopeMetrics.map(({ scope }) => scope));
  assert.deepEqual(scopes, [{ name: 'unitledger', version: '1.2.3' }]);
  assert.equal(contentType, 'application/x-protobuf');
  assert.equal(userAgent, 'unitledger/1.2.3');
});

test(
  'over http/json, compressed, the same points arrive as over http/protobuf, the default',
  REAL,
  async (t) => {
    const plain = await setUp(t);
    const [expected] = await received(plain, [exportWindow(1, [FULL])]);
    const { endpoint } = plain.receiver;
    const other = await setUp(t, {
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      },
    });
    other.telemetry.exportWindow(exportWindow(1, [FULL]));
    const [, request] = await plain.receiver.waitFor(2);
    assert.deepEqual(plain.receiver.errors, []);
    assert.deepEqual([request!.contentType, request!.contentEncoding], ['application/json', 'gzip']);
    assert.deepEqual(pointsOf(request!.body), expected);
  },
);

test('the resource names the host, by the name that it was given, and nothing of the pod of the program itself', () => {
  const { attributes } = telemetryResource(resourceValues('node-7'));
  assert.equal(attributes['host.name'], 'node-7');
  assert.equal(attributes['service.instance.id'], 'node-7');
  assert.deepEqual(
    Object.keys(attributes).filter((key) => key.startsWith('k8s.')),
    [],
  );
});

test('the resource has the ID of the host where that is known, and no other', () => {
  const known = telemetryResource({
    ...resourceValues('node-7'),
    hostId: 'd2a74c9650414f72ac009d1fe5d2d0c5',
  });
  assert.equal(known.attributes['host.id'], 'd2a74c9650414f72ac009d1fe5d2d0c5');
  assert.ok(!Object.hasOwn(telemetryResource(resourceValues('node-7')).attributes, 'host.id'));
});

test(
  'OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before what the program says of itself',
  REAL,
  async (t) => {
    process.env.OTEL_RESOURCE_ATTRIBUTES = 'host.name=other,deployment.environment.name=lab,service.name=no';
    process.env.OTEL_SERVICE_NAME = 'ledger-of-lab';
    t.after(() => {
      delete process.env.OTEL_RESOURCE_ATTRIBUTES;
      delete process.env.OTEL_SERVICE_NAME;
    });
    const run = await setUp(t);
    await received(run, [exportWindow(1, [FULL])]);
    const resource = resourceOf(run.receiver.requests[0]!.body);
    assert.equal(resource['service.name'], 'ledger-of-lab');
    assert.equal(resource['host.name'], 'other');
    assert.equal(resource['deployment.environment.name'], 'lab');
    assert.equal(resource['service.version'], '1.2.3');
  },
);

test('OTEL_RESOURCE_ATTRIBUTES that cannot be understood are ignored with a warning', REAL, async (t) => {
  process.env.OTEL_RESOURCE_ATTRIBUTES = 'no equals sign';
  t.after(() => delete process.env.OTEL_RESOURCE_ATTRIBUTES);
  const { log } = await setUp(t);
  assert.match(log.said.join(), /^warn: .*OTEL_RESOURCE_ATTRIBUTES: "no equals sign"/);
});

test(
  'sums count from the start of what they belong to, and never fall from window to window',
  REAL,
  async (t) => {
    const run = await setUp(t);
    const grown = unitWindow({
      cpuSeconds: 3.85,
      bookedSeconds: { live: 2.5, exited: 0.25, reaped: 1, shared: 0 },
      unattributedSeconds: 0.1,
      executables: [executableWindow({ cpuSeconds: 3.5, readBytes: 5000 })],
      processes: [processWindow({ userSeconds: 1.5, readBytes: 5000 })],
      restarts: 1,
    });
    const [first, second] = await received(run, [exportWindow(1, [FULL]), exportWindow(2, [grown])]);
    assert.deepEqual(valuesOf(first!, 'unitledger.unit.cpu.time'), [1.9375]);
    assert.deepEqual(valuesOf(second!, 'unitledger.unit.cpu.time'), [3.85]);
    assert.deepEqual(valuesOf(first!, 'unitledger.unit.cpu.booked.time'), [1.5, 0.25, 0.125, 0]);
    assert.deepEqual(valuesOf(second!, 'unitledger.unit.cpu.booked.time'), [2.5, 0.25, 1, 0]);
    assert.deepEqual(valuesOf(second!, 'unitledger.unit.cpu.unattributed'), [0.1]);
    assert.deepEqual(valuesOf(second!, 'process.cpu.time'), [1.5, 0.5]);
    assert.deepEqual(valuesOf(second!, 'unitledger.executable.disk.io'), [5000, 8192]);
    assert.deepEqual(valuesOf(second!, 'unitledger.unit.restarts'), [1]);
    for (const [name, start] of [
      ['unitledger.unit.cpu.time', STARTED + 5],
      ['unitledger.executable.cpu.time', STARTED + 5],
      ['process.cpu.time', STARTED - 10],
      ['unitledger.self.cpu.time', STARTED],
    ] as const) {
      for (const point of [...named(first!, name), ...named(second!, name)]) {
        assert.equal(point.startUnixMillis, start, name);
      }
    }
    const gauge = named(second!, 'unitledger.unit.cpu.usage')[0]!;
    assert.equal(gauge.startUnixMillis, STARTED + 10_000.25);
    assert.deepEqual(
      new Set(second!.map((point) => point.raw.timeUnixNano)),
      new Set(['1900000020000250000']),
    );
  },
);

test(
  'as deltas, sums and histograms hold what came since the window before, memory what it is',
  REAL,
  async (t) => {
    const run = await setUp(t, { temporality: 'delta' });
    const grown = unitWindow({
      cpuSeconds: 3.9375,
      bookedSeconds: { live: 2.5, exited: 0.25, reaped: 1.125, shared: 0 },
      unattributedSeconds: 0.0625,
      executables: [executableWindow({ cpuSeconds: 3.75 })],
      processes: [processWindow({ userSeconds: 1.5 })],
    });
    const tick = (rows: number): void =>
      run.telemetry.recordTick(usageOf(['nginx.service'], Array<Row>(rows).fill({ cpuSeconds: 0.25 })));
    tick(3);
    const [first] = await received(run, [exportWindow(1, [FULL])]);
    tick(2);
    run.telemetry.exportWindow(exportWindow(2, [grown]));
    const second = pointsOf((await run.receiver.waitFor(2))[1]!.body);

    assert.deepEqual(valuesOf(first!, 'unitledger.unit.cpu.time'), [1.9375]);
    assert.deepEqual(valuesOf(second, 'unitledger.unit.cpu.time'), [2]);
    assert.deepEqual(valuesOf(second, 'unitledger.unit.cpu.booked.time'), [1, 0, 1, 0]);
    assert.deepEqual(valuesOf(second, 'unitledger.executable.cpu.time'), [2]);
    assert.deepEqual(valuesOf(second, 'process.cpu.time'), [0.5, 0]);
    assert.deepEqual(valuesOf(second, 'process.memory.usage'), [1_500_000]);
    assert.equal(named(first!, 'unitledger.unit.cpu.time')[0]!.startUnixMillis, STARTED + 5);
    for (const point of second.filter((one) => one.temporality === 'delta')) {
      assert.equal(point.startUnixMillis, STARTED + 10_000.25, point.name);
      assert.ok(point.monotonic || point.kind === 'histogram', point.name);
    }
    assert.equal(named(second, 'process.memory.usage')[0]!.temporality, 'cumulative');
    assert.equal(named(first!, 'unitledger.sample.cpu.usage')[0]!.raw.count, '3');
    assert.equal(named(second, 'unitledger.sample.cpu.usage')[0]!.raw.count, '2');
  },
);

test('under lowmemory, histograms are deltas and all that is observed is cumulative', REAL, async (t) => {
  const run = await setUp(t, { temporality: 'lowmemory' });
  run.telemetry.recordTick(usageOf(['nginx.service'], [{ cpuSeconds: 0.25 }]));
  const [points] = await received(run, [exportWindow(1, [FULL])]);
  for (const { kind, temporality, name } of points!) {
    const expected = kind === 'gauge' ? null : kind === 'histogram' ? 'delta' : 'cumulative';
    assert.equal(temporality, expected, name);
  }
});

test('a process that has ended delivers its last points, then has none', REAL, async (t) => {
  const run = await setUp(t);
  const last = processWindow({ ended: true, userSeconds: 1.25, memoryBytes: null });
  const windows = [[processWindow()], [last], []].map((processes, i) =>
    exportWindow(i + 1, [unitWindow({ processes })]),
  );
  const [, second, third] = await received(run, windows);
  assert.deepEqual(valuesOf(second!, 'process.cpu.time'), [1.25, 0.5]);
  assert.deepEqual(
    third!.filter((point) => 'process.pid' in point.attributes),
    [],
  );
});

test('a unit’s I/O has the device for an attribute, and the parts of its memory add up', REAL, async (t) => {
  const run = await setUp(t);
  const [points] = await received(run, [exportWindow(1, [FULL])]);
  const io = named(points!, 'unitledger.unit.disk.io');
  assert.deepEqual(
    io.map(({ attributes, value }) => [attributes['system.device'], attributes['disk.io.direction'], value]),
    [
      ['sda', 'read', 10],
      ['sda', 'write', 20],
    ],
  );
  const { fileBytes, shmemBytes } = EVERY_FIGURE.levels;
  const parts = named(points!, 'unitledger.unit.memory.charged');
  const byType = new Map(parts.map(({ attributes, value }) => [attributes.type, value]));
  assert.equal(byType.get('file')! + byType.get('shmem')!, fileBytes);
  assert.equal(byType.get('shmem'), shmemBytes);
});

test('what is not known is absent, also where it was known before, and NaN never leaves', REAL, async (t) => {
  const run = await setUp(t);
  const unknown = unitWindow({
    present: false,
    cpuSeconds: 1.75,
    bookedSeconds: { live: 1.5, exited: 0.25, reaped: Number.NaN, shared: 0 },
    unattributedSeconds: null,
    coverage: null,
    cpuCores: Number.POSITIVE_INFINITY,
    memoryBytes: null,
    processCount: null,
  });
  const [, second] = await received(run, [exportWindow(1, [FULL]), exportWindow(2, [unknown])]);
  const left = second!.filter((point) => point.attributes['systemd.unit.name'] !== undefined);
  assert.deepEqual(
    left.map(({ name, attributes, value }) => [name, attributes.booking, value]),
    [
      ['unitledger.unit.cpu.time', undefined, 1.75],
      ['unitledger.unit.cpu.booked.time', 'live', 1.5],
      ['unitledger.unit.cpu.booked.time', 'exited', 0.25],
      ['unitledger.unit.cpu.booked.time', 'shared', 0],
      ['unitledger.unit.restarts', undefined, 0],
      ['unitledger.unit.present', undefined, 0],
    ],
  );
});

test(
  'a unit and an executable name that are no longer in the window leave no series behind',
  REAL,
  async (t) => {
    for (const temporality of ['cumulative', 'delta'] as const) {
      const run = await setUp(t, { temporality });
      const other = unitWindow({
        unit: 'other.service',
        executables: [executableWindow({ executable: 'sh' })],
      });
      run.telemetry.recordTick(
        usageOf(['nginx.service', 'other.service'], [{ cpuSeconds: 1 }, { cpuSeconds: 1, unit: 1 }]),
      );
      const [first, second, third] = await received(run, [
        exportWindow(1, [FULL, other]),
        exportWindow(2, [unitWindow()]),
        exportWindow(3, [FULL, other]),
      ]);
      assert.ok(first!.some((point) => point.attributes['systemd.unit.name'] === 'other.service'));
      assert.deepEqual(
        second!.filter((point) => point.attributes['systemd.unit.name'] === 'other.service'),
        [],
      );
      assert.deepEqual(
        second!.filter((point) => 'process.executable.name' in point.attributes),
        [],
      );
      const back = named(third!, 'unitledger.executable.cpu.time').map((point) => point.value);
      // What comes back counts from when it is back.
      assert.deepEqual(back, [0, 0]);
    }
  },
);

test(
  'histograms hold every sample that has a rate, by unit; what is not known is not in them',
  REAL,
  async (t) => {
    const run = await setUp(t);
    run.telemetry.recordTick(
      usageOf(
        ['nginx.service', 'other.service'],
        [
          { cpuSeconds: 0.25, memoryBytes: 3_000_000, diskBytes: 0 },
          { cpuSeconds: 0, memoryBytes: 500_000, diskBytes: 2048, transferBytes: 512 },
          { cpuSeconds: 5, memoryBytes: 1, observedSeconds: 0 },
          { cpuSeconds: -1, memoryBytes: Number.POSITIVE_INFINITY },
          { unit: 1, cpuSeconds: 1, observedSeconds: 0.25 },
        ],
      ),
      0.003,
    );
    const [points] = await received(run, [
      exportWindow(1, [unitWindow(), unitWindow({ unit: 'other.service' })]),
    ]);
    const histogram = (name: string, unit: string) => {
      const point = named(points!, name).find((one) => one.attributes['systemd.unit.name'] === unit);
      if (point === undefined) return null;
      const { count, sum, min, max, bucketCounts, explicitBounds } = point.raw;
      const filled = bucketCounts!.flatMap((n, i) => (n === '0' ? [] : [explicitBounds![i]]));
      return { count, sum: sum ?? 0, min: min ?? 0, max: max ?? 0, filled };
    };
    assert.deepEqual(histogram('unitledger.sample.cpu.usage', 'nginx.service'), {
      count: '2',
      sum: 0.5,
      min: 0,
      max: 0.5,
      filled: [0, 0.5],
    });
    assert.deepEqual(histogram('unitledger.sample.cpu.usage', 'other.service')!.max, 4);
    assert.deepEqual(histogram('unitledger.sample.memory.usage', 'nginx.service')!.count, '2');
    assert.deepEqual(histogram('unitledger.sample.disk.throughput', 'nginx.service')!.sum, 4096);
    assert.deepEqual(histogram('unitledger.sample.transfer.throughput', 'nginx.service')!.sum, 1024);
    assert.equal(histogram('unitledger.sample.transfer.throughput', 'other.service'), null);
    assert.equal(named(points!, 'unitledger.self.tick.duration')[0]!.raw.sum, 0.003);
  },
);

test('histograms can be exponential', REAL, async (t) => {
  const run = await setUp(t, { histogramAggregation: 'base2_exponential_bucket_histogram' });
  run.telemetry.recordTick(usageOf(['nginx.service'], [{ cpuSeconds: 0.25 }, { cpuSeconds: 0 }]));
  const [points] = await received(run, [exportWindow(1, [unitWindow()])]);
  const [cpu] = named(points!, 'unitledger.sample.cpu.usage');
  assert.deepEqual([cpu!.kind, cpu!.raw.count, cpu!.raw.sum], ['exponentialHistogram', '2', 0.5]);
});

test('hostile names arrive as they are; half a surrogate pair does not cost the window', REAL, async (t) => {
  const run = await setUp(t);
  const name = '\x1b[31m) S 1\n"\u202e\ufffd\u0000😀';
  const unit = unitWindow({
    unit: 'odd\ud83d.service',
    executables: [executableWindow({ executable: name })],
    processes: [processWindow({}, { executable: name, command: `${name}\udc00` })],
  });
  const [points] = await received(run, [exportWindow(1, [unit])]);
  const [memory] = named(points!, 'process.memory.usage');
  assert.equal(memory!.attributes['process.executable.name'], name);
  assert.equal(memory!.attributes['process.command_line'], `${name}\ufffd`);
  assert.equal(
    named(points!, 'unitledger.unit.present')[0]!.attributes['systemd.unit.name'],
    'odd\ufffd.service',
  );
  assert.equal(named(points!, 'unitledger.executable.cpu.time').length, 1);
});

test('what the program says of itself holds the outcomes of its own exports', REAL, async (t) => {
  const run = await setUp(t);
  await received(run, [exportWindow(1, [])]);
  while (run.telemetry.counts.delivered === 0) await new Promise(setImmediate);
  run.telemetry.exportWindow(exportWindow(2, []));
  const second = pointsOf((await run.receiver.waitFor(2))[1]!.body);
  assert.deepEqual(
    named(second, 'unitledger.self.export.windows').map(({ attributes, value }) => [
      attributes.outcome,
      attributes.reason,
      value,
    ]),
    [
      ['delivered', 'accepted', 1],
      ['dropped', 'age', 0],
      ['dropped', 'disk', 0],
      ['dropped', 'memory', 0],
      ['set_aside', 'rejected', 0],
      ['failed', 'other', 0],
    ],
  );
  const series = named(second, 'unitledger.self.series.count');
  assert.deepEqual(
    series.map(({ value }) => value),
    [second.length],
  );
  assert.deepEqual(valuesOf(second, 'unitledger.self.series.limit'), [20_000]);
  const failures = named(second, 'unitledger.self.read.failures');
  assert.deepEqual(
    Object.fromEntries(failures.map((point) => [point.attributes.reason, point.value])),
    SELF.readFailures,
  );
});

test('every series of the last window of a run ends with it', REAL, async (t) => {
  const { receiver, telemetry } = await setUp(t);
  telemetry.recordTick(usageOf(['nginx.service'], [{ cpuSeconds: 0.1, memoryBytes: 1 }]), 0.004);
  telemetry.exportWindow(exportWindow(1, [FULL]));
  telemetry.exportWindow(exportWindow(2, [FULL]), true);
  const [, last] = await receiver.waitFor(2);
  assert.deepEqual(receiver.errors, []);
  const seriesOf = (points: readonly ReceivedPoint[]) =>
    points.map(({ name, attributes }) => JSON.stringify([name, attributes])).sort();
  const ended = allPointsOf(last!.body).filter(({ ends }) => ends);
  assert.deepEqual(seriesOf(ended), seriesOf(pointsOf(last!.body)));
  assert.ok(ended.every(({ unixMillis }) => unixMillis === STARTED + 20_001.25));
});

test('shutdown sends the window handed over right before it', REAL, async (t) => {
  const { receiver, telemetry } = await setUp(t);
  telemetry.exportWindow(exportWindow(1, [FULL]));
  telemetry.exportWindow(exportWindow(2, [FULL]));
  await telemetry.shutdown(10);
  assert.deepEqual([telemetry.counts.delivered, telemetry.counts.failed], [2, 0]);
  await receiver.waitFor(2);
  const times = receiver.requests.map((request) => pointsOf(request.body)[0]!.raw.timeUnixNano);
  assert.deepEqual(times, ['1900000010000250000', '1900000020000250000']);
});

test('the receiver of these tests is strict: what the protocol does not have is refused', REAL, async (t) => {
  const { receiver } = await setUp(t);
  const post = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json') =>
    fetch(`${receiver.endpoint}/v1/metrics`, { method: 'POST', body, headers: { 'content-type': type } });
  const statuses = [];
  for (const body of [
    '{"resourceMetrics":[],"x":1}',
    '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":5}]}]}]}',
    '{',
  ]) {
    statuses.push((await post(body)).status);
  }
  statuses.push((await post(new Uint8Array([0x92, 0x03, 0x00]), 'application/x-protobuf')).status);
  statuses.push((await post('{}', 'text/plain')).status);
  assert.deepEqual(statuses, [400, 400, 400, 400, 415]);
  assert.equal(receiver.errors.length, 5);
  assert.match(receiver.errors[0]!, /unknown field "x"/);
  assert.equal((await post('{}')).status, 200);
  assert.equal((await post(new Uint8Array(), 'application/x-protobuf')).status, 200);
});

test('with no exporter nothing is recorded, collected, or asked for', async () => {
  const telemetry = startTelemetry({
    exporters: [],
    resource: { version: '1', hostName: 'h', instanceId: 'i' },
    exportTimeoutSeconds: 1,
    spool: { directory: undefined, bytes: 0, ageSeconds: 7200 },
    clock: systemClock,
    selfFigures: () => assert.fail('asked for figures'),
    startedUnixMillis: STARTED,
    seriesBudget: 20_000,
    log: new RecordedLog(),
    writeConsole: () => assert.fail('wrote'),
    environment: {},
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
  });
  telemetry.recordTick(usageOf(['a'], [{ cpuSeconds: 1 }]));
  telemetry.exportWindow(exportWindow(1, [FULL]));
  await telemetry.shutdown(1);
  assert.equal(telemetry.counts.state, 'idle');
});

test('the console exporter writes a window as one line', async () => {
  const lines: string[] = [];
  const telemetry = startTelemetry({
    exporters: ['console'],
    resource: { version: '1', hostName: 'h', instanceId: 'i' },
    exportTimeoutSeconds: 1,
    spool: { directory: undefined, bytes: 0, ageSeconds: 7200 },
    clock: systemClock,
    selfFigures: () => SELF,
    startedUnixMillis: STARTED,
    seriesBudget: 20_000,
    log: new RecordedLog(),
    writeConsole: (line) => lines.push(line),
    environment: {},
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
  });
  telemetry.exportWindow(exportWindow(1, [FULL]));
  await telemetry.shutdown(1);
  const { metrics } = JSON.parse(lines.join('')) as { metrics: { name: string }[] };
  assert.ok(metrics.some(({ name }) => name === 'process.cpu.time'));
});
