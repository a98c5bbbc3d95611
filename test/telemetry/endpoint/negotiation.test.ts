import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '../../../src/host/clock.ts';
import { CATALOGUE } from '../../../src/telemetry/catalogue.ts';
import type { Accepts } from '../../../src/telemetry/endpoint/accepts.ts';
import { PrometheusPage } from '../../../src/telemetry/endpoint/prometheus-page.ts';
import { startTelemetry, type Telemetry } from '../../../src/telemetry/telemetry.ts';
import { RecordedLog } from '../recorded-log.ts';
import {
  DETAILS,
  EVERY_FIGURE,
  executableWindow,
  exportWindow,
  processWindow,
  SELF,
  STARTED,
  unitWindow,
  usageOf,
} from '../windows.ts';
import { parsePrometheusText, type ScrapedPage } from './prometheus-text.ts';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
/** Prometheus 3.16 with its default `scrape_protocols`. */
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

/** Samples as text: the formats have those of a histogram in another order. */
const inOrder = ({ samples }: ScrapedPage) => samples.map((sample) => JSON.stringify(sample)).sort();

function telemetryOfEverything(): Telemetry {
  const telemetry = startTelemetry({
    exporters: [],
    keepsWindow: true,
    resource: { version: '1.2.3', hostName: 'host-"a"', osVersion: '6.18.0', instanceId: 'instance-1' },
    exportTimeoutSeconds: 10,
    clock: systemClock,
    spool: { directory: undefined, bytes: 1, ageSeconds: 1 },
    selfFigures: () => SELF,
    startedUnixMillis: STARTED,
    seriesBudget: 20_000,
    log: new RecordedLog(),
    writeConsole: () => {},
    environment: {},
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
    alsoOn: CATALOGUE.map(({ name }) => name),
  });
  telemetry.recordTick(usageOf(['nginx.service'], [{ cpuSeconds: 0.1, memoryBytes: 1 }]), 0.004);
  return telemetry;
}

describe('a page of metrics', () => {
  let telemetry: Telemetry;
  let page: PrometheusPage;

  before(async () => {
    telemetry = telemetryOfEverything();
    page = new PrometheusPage(() => telemetry.lastWindow);
    const unit = unitWindow({
      unit: 'a\\x2d"b"\n.service',
      cgroup: EVERY_FIGURE,
      executables: [executableWindow()],
      processes: [processWindow({ details: DETAILS })],
    });
    await telemetry.exportWindow(exportWindow(1, [unit]));
  });

  const answer = async ({ types, encodings }: Partial<Accepts>, query = '') => {
    const { contentType, body, headers } = await page.answer({ types, encodings }, query);
    return { contentType, body: Buffer.from(body), headers };
  };

  for (const [types, contentType] of [
    [undefined, TEXT],
    ['', TEXT],
    ['*/*', TEXT],
    ['text/html,application/xhtml+xml,*/*;q=0.8', TEXT],
    ['application/json', TEXT],
    ['application/openmetrics-text', OPENMETRICS],
    ['Application/OpenMetrics-Text; Version="1.0.0"', OPENMETRICS],
    [PROMETHEUS_3, OPENMETRICS],
    ['application/openmetrics-text;version=0.0.1', OPENMETRICS.replace('1.0.0', '0.0.1')],
    ['application/openmetrics-text;version=9.0.0', TEXT],
    ['application/openmetrics-text;q=0, */*', TEXT],
    ['application/openmetrics-text;q=much', TEXT],
    ['application/openmetrics-text;q=0.5,text/plain;version=0.0.4', TEXT],
    ['text/plain;q=0.5,application/openmetrics-text;q=0.6', OPENMETRICS],
    ['text/plain;version=1.0.0,application/openmetrics-text;q=0.6', OPENMETRICS],
  ] as const) {
    test(`is ${contentType.split(' charset')[0]} for Accept: ${types}`, async () => {
      const got = await answer({ types });
      assert.equal(got.contentType, contentType);
      assert.equal(got.body.toString().endsWith('\n# EOF\n'), contentType !== TEXT);
      assert.equal(got.headers?.vary, 'Accept, Accept-Encoding');
    });
  }

  for (const [encodings, isGzip] of [
    [undefined, false],
    ['', false],
    ['identity', false],
    ['gzip', true],
    ['deflate, GZIP;q=0.5', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip;q=0, *', false],
    ['*;q=0', false],
    ['br', false],
  ] as const) {
    test(`is ${isGzip ? '' : 'not '}compressed for Accept-Encoding: ${encodings}`, async () => {
      for (const types of [undefined, 'application/openmetrics-text']) {
        const plain = await answer({ types });
        const got = await answer({ types, encodings });
        assert.equal(got.headers?.['content-encoding'], isGzip ? 'gzip' : undefined);
        assert.deepEqual(isGzip ? gunzipSync(got.body) : got.body, plain.body);
        assert.equal(got.body.length < plain.body.length / 4, isGzip);
      }
    });
  }

  test('has the same series and values in both formats', async () => {
    const lines = (await answer({ types: 'application/openmetrics-text' })).body.toString().split('\n');
    // Families of counters are named without the suffix of their samples, and resources are an info.
    const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []));
    const older = lines
      .map((line) =>
        line.replace(
          /^(# \w+ )(\S+)/,
          (_, head, name) => head + (counters.has(name) ? `${name}_total` : name),
        ),
      )
      .map((line) =>
        line
          .replace(/^# HELP target /, '# HELP target_info ')
          .replace('# TYPE target info', '# TYPE target_info gauge'),
      )
      .map((line) =>
        line.startsWith('# HELP') ? line.replaceAll('\\"', '"') : line.replace(/le="(\d+)\.0"/, 'le="$1"'),
      );
    const expected = parsePrometheusText((await answer({})).body.toString());
    assert.ok(expected.samples.length > 50);
    const got = parsePrometheusText(older.join('\n'));
    assert.deepEqual(inOrder(got), inOrder(expected));
    assert.deepEqual(got.types, expected.types);
    assert.deepEqual(got.help, expected.help);
  });

  test('has the start of each counter and histogram in OpenMetrics with created=1, and otherwise none', async () => {
    const wanted = { types: 'application/openmetrics-text' };
    const text = (await answer(wanted, 'created=1')).body.toString();
    const older = (await answer({}, 'created=1')).body.toString();
    for (const without of [older, (await answer(wanted)).body.toString()])
      assert.doesNotMatch(without, /_created/);
    const starts = new Map(
      [...text.matchAll(/^(\w+)_created(\{.*\})? (.*)$/gm)].map(([, name, labels, at]) => [
        name! + labels,
        at,
      ]),
    );
    const series = [...text.matchAll(/^(\w+)_(?:total|sum)(\{.*\})? /gm)].map(
      ([, name, labels]) => name! + labels,
    );
    assert.ok(series.length > 20);
    assert.deepEqual([...starts.keys()].sort(), series.sort());
    const [scope] = telemetry.lastWindow!.scopeMetrics;
    const cpu = scope!.metrics.find(({ descriptor }) => descriptor.name === 'unitledger.unit.cpu.time')!;
    const [seconds, nanos] = cpu.dataPoints[0]!.startTime;
    const [, at] = [...starts].find(([key]) => key.startsWith('unitledger_unit_cpu_time_seconds{'))!;
    assert.equal(Number(at), seconds + nanos / 1e9);
  });

  test('is created once a window in each format', async () => {
    const wanted = { types: 'application/openmetrics-text', encodings: 'gzip' };
    const [one, two] = await Promise.all([page.answer(wanted, ''), page.answer(wanted, '')]);
    assert.equal(one.body, two.body);
  });
});

test('no name of a process makes a second series of the same labels', async () => {
  const telemetry = telemetryOfEverything();
  const executables = ['a\x01', 'a\\x01', 'a\\\\x01'].map((executable) => executableWindow({ executable }));
  await telemetry.exportWindow(exportWindow(1, [unitWindow({ executables })]));
  const page = new PrometheusPage(() => telemetry.lastWindow);
  const { samples } = parsePrometheusText(page.body.toString());
  const series = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
  assert.equal(new Set(series).size, series.length);
});

test('a page before the first window is valid in both formats', async () => {
  const page = new PrometheusPage(() => null);
  const { body } = await page.answer({ types: PROMETHEUS_3, encodings: undefined }, '');
  assert.equal(body.toString(), '# EOF\n');
  assert.deepEqual(parsePrometheusText(page.body.toString()).samples, []);
});
