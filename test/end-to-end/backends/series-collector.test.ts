import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import type { ExportWindow, UnitWindow } from '../../../src/ledger/window/export-window.ts';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import { NOTHING_DELIVERED } from '../../../src/telemetry/export/delivery.ts';
import { ENCODINGS, type EncodingName } from '../../../src/telemetry/export/otlp-encoding.ts';
import { Meters } from '../../../src/telemetry/meters.ts';
import { skipUnless } from '../../skip.ts';
import { processWindow, SELF, unitWindow } from '../../telemetry/windows.ts';
import { allPointsOf, type ReceivedPoint } from '../otlp-request.ts';
import { requestsIn } from './arrived.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { Intake } from './intake.ts';
import { freePorts } from './loopback.ts';

const WINDOW_MILLIS = 10_000;
const UNIT = 'returns.service';
const CPU = 'unitledger.unit.cpu.time';
const CONVERT = { cumulative_to_delta: {} };
const MEMORY = 'unitledger.unit.memory.usage';

/** Windows of a unit that uses 3.8 s, is gone for a while, and uses 3.7 s more; another one is there all the time. */
function windows(): UnitWindow[][] {
  const stays = unitWindow({ unit: 'stays.service' });
  const unit = (cpuSeconds: number, restarts: number, pid: number, more: Partial<UnitWindow> = {}) =>
    unitWindow({ unit: UNIT, cpuSeconds, restarts, processes: [processWindow({}, { pid })], ...more });
  const gone = unitWindow({
    unit: UNIT,
    cpuSeconds: 3.8,
    present: false,
    memoryBytes: null,
    processCount: null,
  });
  return [[unit(2, 0, 11)], [unit(3.8, 0, 11)], [gone], [], [], [unit(6, 1, 12)], [unit(7.5, 1, 12)], []].map(
    (units) => [stays, ...units],
  );
}

describe('behind a Collector, a unit that ends and returns', skipUnless(collectorAvailable), () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-series-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Sends the windows to a Collector, and gives what its file exporter wrote and what came to its Datadog exporter. */
  async function arrived(
    encoding: EncodingName,
    temporality: 'cumulative' | 'delta',
    processors: Readonly<Record<string, unknown>>,
  ) {
    await using opened = new AsyncDisposableStack();
    const intake = await Intake.open();
    opened.defer(() => intake.close());
    const [port] = (await freePorts(1)) as [number];
    const file = join(
      folder,
      `${encoding}-${temporality}-${Object.keys(processors).join('-').replaceAll('/', '-')}.jsonl`,
    );
    const collector = await Collector.startWith(
      [],
      {
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
        processors,
        exporters: {
          file: { path: file },
          datadog: {
            api: { key: '0123456789abcdef0123456789abcdef' },
            hostname: 'host',
            host_metadata: { enabled: false },
            metrics: { endpoint: intake.url },
          },
        },
        service: {
          pipelines: {
            metrics: {
              receivers: ['otlp'],
              processors: Object.keys(processors),
              exporters: ['file', 'datadog'],
            },
          },
        },
      },
      {},
      ['--feature-gates=-exporter.datadogexporter.metricexportserializerclient'],
    );
    const url = `http://127.0.0.1:${port}/v1/metrics`;
    await send(url, encoding, temporality);
    // What it took is exported before it ends.
    await collector.stop();
    const points = requestsIn(file).flatMap((request) => allPointsOf(request));
    const series = intake.accepted
      .filter(({ path }) => path === '/api/v2/series')
      .flatMap(({ body }) => (JSON.parse(body.toString()) as DatadogSeries).series)
      .filter(({ tags }) => tags.includes(`systemd.unit.name:${UNIT}`));
    return { points: points.filter(({ attributes }) => attributes['systemd.unit.name'] === UNIT), series };
  }

  /** From now on, since the Collector drops what began before it did. */
  async function send(
    url: string,
    encoding: EncodingName,
    temporality: 'cumulative' | 'delta',
  ): Promise<void> {
    const started = Date.now() + 1000;
    const meters = new Meters({
      metrics: chooseMetrics(),
      resource: { version: '1', hostName: 'h', instanceId: 'i' },
      temporality,
      histogramAggregation: 'explicit_bucket_histogram',
      startedUnixMillis: started,
    });
    for (const [i, units] of windows().entries()) {
      const startUnixMillis = started + i * WINDOW_MILLIS;
      const window: ExportWindow = {
        sequence: i + 1,
        startUnixMillis,
        endUnixMillis: startUnixMillis + WINDOW_MILLIS,
        seconds: WINDOW_MILLIS / 1000,
        units: units.map((unit) => ({
          ...unit,
          startUnixMillis: started,
          processes: unit.processes.map((own) => ({ ...own, startUnixMillis: started })),
        })),
        folded: { units: 0, namedOther: 0, processes: 0, processesOverBudget: 0 },
      };
      const self = { ...SELF, delivery: NOTHING_DELIVERED, seriesBudget: 1 };
      const { contentType, encode } = ENCODINGS[encoding];
      const body = encode(await meters.collectWindow(window, self)) as Uint8Array<ArrayBuffer>;
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': contentType }, body });
      assert.equal(answer.status, 200, await answer.text());
    }
  }

  const sumOf = (points: readonly ReceivedPoint[], name: string) =>
    points
      .filter((point) => point.name === name)
      .reduce((sum, { value }) => sum + (Number.isNaN(value) ? 0 : value), 0);

  for (const encoding of ['json', 'protobuf'] as const) {
    test(`is billed once by cumulative_to_delta, and its ends are no values, in ${encoding}`, async () => {
      const { points } = await arrived(encoding, 'cumulative', CONVERT);
      assert.equal(sumOf(points, CPU).toFixed(6), '7.500000');
      assert.equal(sumOf(points, 'unitledger.unit.restarts'), 1);
      const counters = points.filter(({ monotonic }) => monotonic);
      assert.ok(
        counters.every(({ ends, value, temporality }) => !ends && value >= 0 && temporality === 'delta'),
      );
      const ended = points.filter(({ ends }) => ends);
      assert.ok(ended.some(({ name }) => name === MEMORY));
      assert.ok(ended.every(({ raw }) => raw.asInt === undefined && raw.asDouble === undefined));
    });
  }

  test('has no end at Honeycomb, which may not know the flag', async () => {
    const file = readFileSync(
      resolve(import.meta.dirname, '../../../deploy/collector/honeycomb.yaml'),
      'utf8',
    );
    const { processors, service } = parse(file);
    assert.deepEqual(Object.keys(processors), service.pipelines.metrics.processors);
    const { points } = await arrived('protobuf', 'delta', processors);
    assert.equal(sumOf(points, CPU).toFixed(6), '7.500000');
    assert.deepEqual(
      points.filter(({ ends }) => ends),
      [],
    );
  });

  for (const [title, temporality, processors] of [
    ['as deltas that unitledger made', 'delta', {}],
    ['as deltas of cumulative_to_delta', 'cumulative', CONVERT],
    ['as sums that its exporter converts', 'cumulative', {}],
  ] as const) {
    test(`is billed once by Datadog, and none of its values is 0 because it ended, ${title}`, async () => {
      const { series } = await arrived('protobuf', temporality, processors);
      const valuesOf = (name: string) =>
        series
          .filter(({ metric }) => metric === name)
          .flatMap(({ points }) => points.map(({ value }) => value));
      assert.equal(
        valuesOf(CPU)
          .reduce((sum, value) => sum + value, 0)
          .toFixed(6),
        '7.500000',
      );
      assert.equal(
        valuesOf('unitledger.unit.restarts').reduce((sum, value) => sum + value, 0),
        1,
      );
      assert.deepEqual(new Set(valuesOf(MEMORY)), new Set([3_000_000]));
      assert.ok(valuesOf('otel.process.memory.usage').every((value) => value > 0));
    });
  }
});

interface DatadogSeries {
  readonly series: readonly {
    readonly metric: string;
    readonly tags: readonly string[];
    readonly points: readonly { readonly timestamp: number; readonly value: number }[];
  }[];
}
