import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../src/host/clock.ts';
import type { ExportWindow } from '../../../src/ledger/window/export-window.ts';
import { CATALOGUE } from '../../../src/telemetry/catalogue.ts';
import { prometheusName } from '../../../src/telemetry/endpoint/prometheus-names.ts';
import { PrometheusPage } from '../../../src/telemetry/endpoint/prometheus-page.ts';
import { startTelemetry, type TelemetryOptions } from '../../../src/telemetry/telemetry.ts';
import { RecordedLog } from '../recorded-log.ts';
import {
  DETAILS,
  EVERY_FIGURE,
  executableWindow,
  exportWindow,
  PROCESS_RANGES,
  processWindow,
  SELF,
  STARTED,
  UNIT_RANGES,
  unitWindow,
  usageOf,
} from '../windows.ts';
import { parsePrometheusText, type ScrapedPage, sampleIn } from './prometheus-text.ts';

/** Telemetry that is only scraped. */
function scraped(more: Partial<TelemetryOptions> = {}) {
  const log = new RecordedLog();
  const telemetry = startTelemetry({
    exporters: [],
    keepsWindow: true,
    resource: { version: '1.2.3', hostName: 'host-a', osVersion: '6.18.0', instanceId: 'instance-1' },
    exportTimeoutSeconds: 10,
    clock: systemClock,
    spool: { directory: undefined, bytes: 1, ageSeconds: 1 },
    selfFigures: () => SELF,
    startedUnixMillis: STARTED,
    seriesBudget: 20_000,
    log,
    writeConsole: () => {},
    environment: {},
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
    ...more,
  });
  const page = new PrometheusPage(() => telemetry.lastWindow);
  const scrape = async (window: ExportWindow): Promise<ScrapedPage> => {
    telemetry.exportWindow(window);
    await new Promise(setImmediate);
    assert.deepEqual(log.said, []);
    return parsePrometheusText(page.body.toString());
  };
  const tick = (cpuSeconds: number) =>
    telemetry.recordTick(usageOf(['nginx.service'], [{ cpuSeconds }]), 0.004);
  return { telemetry, page, scrape, tick };
}

const FULL = unitWindow({
  ranges: UNIT_RANGES,
  cgroup: EVERY_FIGURE,
  executables: [executableWindow()],
  processes: [processWindow({ details: DETAILS, ranges: PROCESS_RANGES })],
});

test('a page before the first window reports that', () => {
  assert.deepEqual(parsePrometheusText(scraped().page.body.toString()).samples, []);
});

test('every metric of the catalogue is on the page, in its family, with help and type', async () => {
  const { telemetry, scrape } = scraped({ alsoOn: CATALOGUE.map(({ name }) => name) });
  telemetry.recordTick(
    usageOf(['nginx.service'], [{ cpuSeconds: 0.1, memoryBytes: 1, diskBytes: 5, transferBytes: 6 }]),
    0.004,
  );
  const page = await scrape(exportWindow(1, [FULL]));
  const expected = CATALOGUE.map(({ name, unit, instrument }) => {
    const base = prometheusName(name, unit, instrument === 'gauge');
    return instrument === 'counter' ? `${base}_total` : base;
  });
  assert.deepEqual(new Set(page.types.keys()), new Set(['target_info', ...expected]));
  for (const metric of CATALOGUE) {
    const base = prometheusName(metric.name, metric.unit, metric.instrument === 'gauge');
    const name = metric.instrument === 'counter' ? `${base}_total` : base;
    const kind = metric.instrument === 'updowncounter' ? 'gauge' : metric.instrument;
    assert.equal(page.types.get(name), kind, name);
    assert.equal(page.help.get(name), metric.description.replaceAll('\\', '\\\\'));
    if ('series' in metric) {
      assert.equal(page.samples.filter((sample) => sample.name === name).length, metric.series.length, name);
    }
  }
});

test('the resource is target_info, and not on the series; neither is the scope', async () => {
  const page = await scraped().scrape(exportWindow(1, [FULL]));
  const info = sampleIn(page, 'target_info');
  assert.equal(info.value, 1);
  assert.equal(info.labels.host_name, 'host-a');
  assert.equal(info.labels.service_name, 'unitledger');
  const cpu = sampleIn(page, 'process_cpu_time_seconds_total', { cpu_mode: 'user' });
  assert.equal(cpu.value, 1);
  assert.deepEqual(Object.keys(cpu.labels).sort(), [
    'cpu_mode',
    'process_creation_time',
    'process_executable_name',
    'process_pid',
    'systemd_unit_name',
  ]);
});

test('a scrape has the last closed window, and nothing that is gone', async () => {
  const { scrape } = scraped();
  const two = unitWindow({ processes: [processWindow(), processWindow({}, { pid: 12 })] });
  const first = await scrape(exportWindow(1, [two]));
  sampleIn(first, 'unitledger_process_cpu_usage', { process_pid: '12' });
  const second = await scrape(
    exportWindow(2, [unitWindow({ processes: [processWindow({ userSeconds: 9 })] })]),
  );
  const users = second.samples.filter(
    ({ name, labels }) => name === 'process_cpu_time_seconds_total' && labels.cpu_mode === 'user',
  );
  assert.deepEqual(
    users.map(({ labels, value }) => [labels.process_pid, value]),
    [['4711', 9]],
  );
});

for (const how of [
  { temporality: 'delta' },
  { temporality: 'lowmemory' },
  { histogramAggregation: 'base2_exponential_bucket_histogram' },
] as const) {
  test(`sums and histograms grow from window to window with ${Object.values(how)[0]} for OTLP, too`, async () => {
    const lines: string[] = [];
    const run = scraped({ ...how, exporters: ['console'], writeConsole: (line) => void lines.push(line) });
    const counts: number[] = [];
    const users: number[] = [];
    for (const sequence of [1, 2, 3]) {
      run.tick(0.1);
      const process = processWindow({ userSeconds: sequence });
      const page = await run.scrape(exportWindow(sequence, [unitWindow({ processes: [process] })]));
      counts.push(sampleIn(page, 'unitledger_sample_cpu_usage_count').value);
      users.push(sampleIn(page, 'process_cpu_time_seconds_total', { cpu_mode: 'user' }).value);
      assert.equal(sampleIn(page, 'unitledger_sample_cpu_usage_bucket', { le: '+Inf' }).value, sequence);
    }
    assert.deepEqual(counts, [1, 2, 3]);
    assert.deepEqual(users, [1, 2, 3]);
    assert.equal(lines.length, 3);
  });
}

test('a page is created once a window, whatever the number of requests', async () => {
  const { page, scrape } = scraped();
  await scrape(exportWindow(1, [FULL]));
  const { body } = page;
  assert.equal(page.body, body);
  await scrape(exportWindow(2, [FULL]));
  assert.notEqual(page.body, body);
});

test('the page can be parsed and moves no cursor, whatever the names contain', async () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'a"b',
      'a\\',
      'a\nb 1\n',
      '\x1b[2J',
      '\u202e',
      'dev-sda\\x2droot',
      '{}',
      '\ud800',
      '\u2028',
    ),
  );
  await fc.assert(
    fc.asyncProperty(hostile, hostile, hostile, async (unit, executable, command) => {
      const { scrape, page } = scraped();
      const window = unitWindow({
        unit,
        executables: [executableWindow({ executable })],
        processes: [processWindow({}, { executable, command, title: command, subCgroup: unit })],
      });
      const { samples } = await scrape(exportWindow(1, [window]));
      assert.ok(samples.some(({ name }) => name === 'unitledger_process_cpu_usage'));
      assert.doesNotMatch(page.body.toString(), /[^\n\P{Cc}]|[\u202e\u2028\u{d800}]/u);
    }),
    { numRuns: 50 },
  );
});

test('a printable name is unchanged on the page', async () => {
  const unit = 'dev-disk\\x2dröt "a".mount';
  const page = await scraped().scrape(exportWindow(1, [unitWindow({ unit })]));
  assert.equal(sampleIn(page, 'unitledger_unit_restarts_total').labels.systemd_unit_name, unit);
});
