import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { skipUnless } from '../../skip.ts';
import { type ExportRequest, pointsOf, sayingOf } from '../otlp-request.ts';
import { documentOf, startUnitledger, until } from '../program/unitledger.ts';
import { windowEndOf } from './arrived.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { Intake } from './intake.ts';
import { freePorts } from './loopback.ts';
import { Tee } from './tee.ts';

const DEPLOY = resolve(import.meta.dirname, '../../../deploy');
const KUBERNETES = 'collector/kubernetes.yaml';

/** The backend is away for 15 minutes. A minute is a second here: for the outage and for every time limit of a configuration. */
const OUTAGE_MINUTES = 15;
const SECONDS_PER_MINUTE = 1;
const WINDOW_SECONDS = 0.25;
const PATIENCE_SECONDS = 120;
/** Of `retry_on_failure` where a configuration says nothing: the Collector's `NewDefaultBackOffConfig`. */
const DEFAULT_RETRY_SECONDS = 300;

/** What a configuration sends to, and what of it has arrived there. */
interface Backend {
  open(): Promise<unknown>;
  close(): Promise<void>;
  /** What tells each window that arrived from all others: its time and a digest of its values, or some of these. */
  windows(): string[];
  /** The same of a window as unitledger sent it. */
  windowOf(request: ExportRequest): string;
}

interface Case {
  readonly title?: string;
  readonly files: readonly string[];
  readonly flags?: readonly string[];
  readonly temporality?: 'delta';
  /** Laid over the files: ports, encodings and the backend of the test. */
  overlay(backend: Intake, port: number): Record<string, unknown>;
  readonly environment?: (backend: Intake) => Record<string, string>;
  readonly backend?: (intake: Intake, port: number) => Backend;
}

const otlpHttp = (name: string, more: object = {}) => ({
  exporters: { [name]: { encoding: 'json', ...more } },
});
const DELTA = { temporality: 'delta' } as const;
const toPrometheus: Omit<Case, 'files'> = {
  overlay: () => otlpHttp('otlp_http/prometheus'),
  environment: ({ url }) => ({ PROMETHEUS_URL: url }),
};
const toHoneycomb: Omit<Case, 'files'> = {
  ...DELTA,
  overlay: () => otlpHttp('otlp_http/honeycomb'),
  environment: ({ url }) => ({ HONEYCOMB_URL: url, HONEYCOMB_API_KEY: 'key' }),
};
const toDatadog: Omit<Case, 'files'> = {
  ...DELTA,
  // As datadog.yaml says.
  flags: ['--feature-gates=-exporter.datadogexporter.metricexportserializerclient'],
  overlay: ({ url }) => ({
    exporters: {
      // No host that the tests do not have: no cloud is asked for its name, and Datadog is not told of it.
      datadog: { hostname: 'host', host_metadata: { enabled: false }, metrics: { endpoint: url } },
    },
  }),
  environment: () => ({ DD_API_KEY: '0123456789abcdef0123456789abcdef' }),
  backend: datadogBackend,
};
/** No API server: pods are not looked up, and all else is as in the file. */
const inCluster = (config: Omit<Case, 'files'>): Omit<Case, 'files'> => ({
  ...config,
  overlay: (...args) => ({
    ...config.overlay(...args),
    processors: { k8s_attributes: { passthrough: true, wait_for_metadata: false } },
  }),
});

const CASES: readonly Case[] = [
  { files: ['collector/prometheus.yaml'], ...toPrometheus },
  { files: ['collector/honeycomb.yaml'], ...toHoneycomb },
  {
    ...toHoneycomb,
    title: 'collector/honeycomb.yaml, whose queue gets full',
    files: ['collector/honeycomb.yaml'],
    overlay: () => otlpHttp('otlp_http/honeycomb', { sending_queue: { queue_size: 100_000 } }),
  },
  { files: ['collector/datadog.yaml'], ...toDatadog },
  {
    files: ['collector/fleet/gateway.yaml'],
    overlay: () => otlpHttp('otlp_http'),
    environment: ({ url }) => ({ BACKEND_URL: url }),
  },
  {
    files: ['collector/fleet/agent.yaml'],
    overlay: (_, port) => ({
      exporters: { load_balancing: { resolver: { dns: { port: String(port) } } } },
    }),
    environment: () => ({ GATEWAYS: '127.0.0.1', GATEWAYS_INSECURE: 'true' }),
    backend: gatewayBackend,
  },
  {
    files: ['compose/collector.yaml'],
    overlay: ({ url }) => otlpHttp('otlp_http/prometheus', { endpoint: url }),
  },
  { files: ['collector/prometheus.yaml', KUBERNETES], ...inCluster(toPrometheus) },
  { files: ['collector/honeycomb.yaml', KUBERNETES], ...inCluster(toHoneycomb) },
  { files: ['collector/datadog.yaml', KUBERNETES], ...inCluster(toDatadog) },
];

test('every configuration of a Collector in deploy/ is in this test', () => {
  const there = readdirSync(join(DEPLOY, 'collector'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `collector/${name}`);
  const tested = new Set(CASES.flatMap(({ files }) => files));
  assert.deepEqual([...there, 'compose/collector.yaml'].sort(), [...tested].sort());
});

describe('no delivered window is lost when the backend is unavailable for 15 minutes and the Collector is killed, with', {
  ...skipUnless(collectorAvailable),
  // More at once take the time that a window has to be answered in.
  concurrency: 5,
}, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-delivery-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const config of CASES) {
    const title = config.title ?? config.files.join(' and ');
    test(title, () => survive(config, mkdtempSync(join(folder, 'case-'))));
  }
});

async function survive(config: Case, folder: string): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const intake = await Intake.open();
  opened.defer(() => intake.close());
  const [grpc, http, gateway] = (await freePorts(3)) as [number, number, number];
  const backend = config.backend?.(intake, gateway) ?? otlpBackend(intake);
  const overlay = overlayOf(config, intake, { grpc, http, gateway });
  const environment = { QUEUE_DIRECTORY: join(folder, 'queue'), ...config.environment?.(intake) };
  const files = config.files.map((file) => join(DEPLOY, file));
  const start = () => Collector.startWith(files, overlay, environment, config.flags);

  opened.defer(() => backend.close());
  await backend.open();
  let collector = await start();
  opened.defer(() => collector.crash());
  const tee = await Tee.open(`http://127.0.0.1:${http}`);
  opened.defer(() => tee.close());
  const program = startUnitledger(
    [
      ...['--pid', String(process.pid), '--summary', 'json', '--process-series', '2'],
      ...['--interval', '0.25', '--export-interval', String(WINDOW_SECONDS)],
    ],
    {
      environment: {
        UNITLEDGER_EXPORT: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: tee.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: config.temporality ?? 'cumulative',
        UNITLEDGER_SHUTDOWN_TIMEOUT: '60',
      },
      longestSeconds: 300,
    },
  );
  const arrived = (count: number) =>
    until(
      () => new Set(backend.windows()).size >= count,
      () => `${count} windows at the backend\n${program.stderr()}\n${collector.log}`,
      PATIENCE_SECONDS,
    );
  opened.defer(async () => {
    if (program.pid() !== undefined) program.signal('SIGKILL');
    await program.ended;
  });

  await arrived(3);
  await backend.close();
  await sleep((OUTAGE_MINUTES / 2) * SECONDS_PER_MINUTE * 1000);
  await collector.crash();
  collector = await start();
  await sleep((OUTAGE_MINUTES / 2) * SECONDS_PER_MINUTE * 1000);
  const before = new Set(backend.windows()).size;
  await backend.open();
  await arrived(before + (OUTAGE_MINUTES * SECONDS_PER_MINUTE) / WINDOW_SECONDS);
  program.signal('SIGINT');
  const { delivered, failed } = documentOf(await program.ended).export!;
  assert.equal(failed, 0, program.stderr());
  // A window of which the answer came too late was taken twice.
  const sent = [...new Set(tee.taken.map((request) => backend.windowOf(request)))];
  assert.equal(sent.length, delivered);
  await arrived(sent.length);
  const windows = backend.windows();
  const there = new Set(windows);
  assert.deepEqual(
    sent.filter((window) => !there.has(window)),
    [],
  );
  // What was on its way when Collector or backend went may have come twice, the same each time.
  assert.ok(windows.length - there.size <= 3, `${windows.length} windows, ${there.size} of them once`);
}

/** Ports of the test, and the time limits of the files in the test's minutes. */
function overlayOf(
  config: Case,
  intake: Intake,
  ports: { readonly grpc: number; readonly http: number; readonly gateway: number },
): Record<string, unknown> {
  const overlay = config.overlay(intake, ports.gateway);
  const exporters: Record<string, Record<string, unknown>> = {};
  for (const file of config.files) {
    const { exporters: named = {} } = parse(readFileSync(join(DEPLOY, file), 'utf8'));
    for (const [name, settings] of Object.entries<Record<string, Settings>>(named)) {
      const inner = settings.protocol?.otlp;
      exporters[name] =
        inner === undefined ? compressed(settings) : { protocol: { otlp: compressed(inner) } };
    }
  }
  const extra = (overlay.exporters ?? {}) as Record<string, Record<string, unknown>>;
  for (const [name, settings] of Object.entries(extra)) exporters[name] = { ...exporters[name], ...settings };
  const protocols = {
    grpc: { endpoint: `127.0.0.1:${ports.grpc}` },
    http: { endpoint: `127.0.0.1:${ports.http}` },
  };
  return { ...overlay, exporters, receivers: { otlp: { protocols } } };
}

// biome-ignore lint/suspicious/noExplicitAny: settings of any component
type Settings = any;

/** How long an exporter retries, in the test's minutes. */
function compressed(settings: Settings): Record<string, unknown> {
  const { enabled = true, max_elapsed_time: longest = DEFAULT_RETRY_SECONDS } =
    settings.retry_on_failure ?? {};
  if (!enabled) return {};
  assert.equal(typeof longest, 'number', 'a number of seconds, or 0 for no limit');
  const seconds = (inSeconds: number) => `${(inSeconds / 60) * SECONDS_PER_MINUTE}s`;
  const [initial, most] = [seconds(5), seconds(30)];
  return {
    retry_on_failure: { initial_interval: initial, max_interval: most, max_elapsed_time: seconds(longest) },
  };
}

function windowOf(request: ExportRequest): string {
  // Its values: honeycomb.yaml leaves out the points that end series.
  const values = JSON.stringify(pointsOf(request).map(sayingOf).sort());
  const digest = createHash('sha256').update(values).digest('hex');
  return `${new Date(windowEndOf(request)).toISOString()} ${digest}`;
}

/** What each of a growing list says. It is asked every few milliseconds, so each is read once. */
function once<Item>(items: () => readonly Item[], sayingOf: (item: Item) => string): () => string[] {
  const sayings: string[] = [];
  return () => {
    sayings.push(...items().slice(sayings.length).map(sayingOf));
    return sayings;
  };
}

/** A backend that takes OTLP/JSON. */
function otlpBackend(intake: Intake): Backend {
  return {
    open: () => intake.open(),
    close: () => intake.close(),
    windows: once(
      () => intake.accepted,
      ({ body }) => windowOf(JSON.parse(body.toString())),
    ),
    windowOf,
  };
}

/** Behind an agent: a Collector that takes OTLP by gRPC, and answers a window when the intake has it. */
function gatewayBackend(intake: Intake, port: number): Backend {
  let gateway: Collector | undefined;
  const direct = { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } };
  return {
    ...otlpBackend(intake),
    async open() {
      gateway = await Collector.start({
        receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${port}` } } } },
        exporters: { otlp_http: { endpoint: intake.url, encoding: 'json', ...direct } },
        pipelines: { metrics: { receivers: ['otlp'], exporters: ['otlp_http'] } },
      });
    },
    async close() {
      await gateway?.crash();
      gateway = undefined;
    },
  };
}

/** Of Datadog's API: series as JSON. A window is told by the counters of its unit and what they rose by. */
function datadogBackend(intake: Intake): Backend {
  const counter = 'unitledger.unit.cpu.time';
  const saying = (points: readonly { readonly second: number; readonly value: number }[]) =>
    JSON.stringify(points.map(({ second, value }) => `${second} ${value}`).sort());
  return {
    open: () => intake.open(),
    close: () => intake.close(),
    windows: once(
      () => intake.accepted.filter(({ path }) => path === '/api/v2/series'),
      ({ body }) =>
        saying(
          (JSON.parse(body.toString()) as DatadogSeries).series
            .filter(({ metric }) => metric === counter)
            .flatMap(({ points }) => points.map(({ timestamp, value }) => ({ second: timestamp, value }))),
        ),
    ),
    windowOf: (request) =>
      saying(
        pointsOf(request)
          .filter(({ name }) => name === counter)
          .map(({ unixMillis, value }) => ({ second: Math.floor(unixMillis / 1000), value })),
      ),
  };
}

interface DatadogSeries {
  readonly series: readonly {
    readonly metric: string;
    readonly points: readonly { readonly timestamp: number; readonly value: number }[];
  }[];
}
