import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configIn, refusedIn } from './loading.ts';

const config = (env: Record<string, string>) => configIn({ env });
const refused = (env: Record<string, string>) => refusedIn({ env }).message;

test('every option with a value has a variable of its own', () => {
  const read = configIn(
    {
      env: {
        UNITLEDGER_SERVICE: 'nginx, redis ,',
        UNITLEDGER_UNIT: 'ssh',
        UNITLEDGER_CGROUP: '/a,/b',
        UNITLEDGER_PID: '1,2',
        UNITLEDGER_INTERVAL: '250ms',
        UNITLEDGER_CPU_BUDGET: '2.5%',
        UNITLEDGER_DURATION: '1m',
        UNITLEDGER_SHOW_CMDLINE: 'true',
        UNITLEDGER_PROCESS_DETAILS: 'threads,pss',
        UNITLEDGER_PROCESS_NAMES: 'title',
        UNITLEDGER_LIVE: 'true',
        UNITLEDGER_SUMMARY: 'csv',
        UNITLEDGER_SUMMARY_FILE: 'x.json',
        UNITLEDGER_FILE_MODE: '0640',
        UNITLEDGER_REPORT: 'x.html',
        UNITLEDGER_SUMMARY_COLUMNS: 'name, CPU-time,default',
        UNITLEDGER_SUMMARY_SORT: 'memory.avg:asc, name',
        UNITLEDGER_SUMMARY_ROWS: '5',
        UNITLEDGER_LOG_SUMMARY: 'processes',
        UNITLEDGER_NICE: '-5',
        UNITLEDGER_RECORD: 'x.ulr',
        UNITLEDGER_RECORD_SIZE: '1GiB',
        UNITLEDGER_RECORD_FILES: '2',
        UNITLEDGER_EXPORT: 'console,otlp',
        UNITLEDGER_EXIT_RECORDS: 'true',
        UNITLEDGER_EXPORT_INTERVAL: '20',
        UNITLEDGER_EXPORT_TIMEOUT: '3',
        UNITLEDGER_SHUTDOWN_TIMEOUT: '2',
        UNITLEDGER_PROCESS_SERIES: '7',
        UNITLEDGER_SPOOL_DIR: '/var/spool/unitledger',
        UNITLEDGER_SPOOL_LIFETIME: 'pod',
        UNITLEDGER_SPOOL_SIZE: '1GiB',
        UNITLEDGER_SPOOL_AGE: '30m',
        UNITLEDGER_TRACES: 'true',
        UNITLEDGER_TRACE_SPANS: '500',
        UNITLEDGER_OTLP_PROXY: 'none',
        UNITLEDGER_OTLP_HEADERS_FILE: '/run/secrets/headers',
        UNITLEDGER_LISTEN: '[::1]:80',
        UNITLEDGER_ALLOWED_HOSTS: 'node1,*.example.org',
        UNITLEDGER_PASS_CREDENTIALS: 'false',
        UNITLEDGER_WEB: '8080',
        UNITLEDGER_SERIES_BUDGET: '5000',
        UNITLEDGER_METRICS: 'unitledger.unit.pressure.share, unitledger.unit.cpu.max_usage',
        UNITLEDGER_PROCESS_ATTRIBUTES: 'parent, container',
        UNITLEDGER_HOST_NAME: 'node-7',
        UNITLEDGER_PROC_ROOT: '/host/proc',
        UNITLEDGER_CGROUP_ROOT: '/host/cgroup',
        UNITLEDGER_LOG_LEVEL: 'DEBUG',
      },
    },
    [],
  );
  assert.deepEqual(read, {
    targets: [
      { kind: 'unit', name: 'nginx.service' },
      { kind: 'unit', name: 'redis.service' },
      { kind: 'unit', name: 'ssh.service' },
      { kind: 'cgroup', path: '/a' },
      { kind: 'cgroup', path: '/b' },
      { kind: 'pid', pid: 1 },
      { kind: 'pid', pid: 2 },
    ],
    intervalSeconds: 0.25,
    cpuBudgetPercent: 2.5,
    nice: -5,
    durationSeconds: 60,
    showCommandLine: true,
    processDetails: ['threads', 'pss'],
    processNames: 'title',
    exitRecords: 'on',
    live: true,
    summary: 'csv',
    summaryFile: 'x.json',
    fileMode: 0o640,
    summaryChoice: {
      columns: ['name', 'cpu-time', 'default'],
      sort: [
        { column: 'memory', measure: 'avg', direction: 'asc' },
        { column: 'name', measure: null, direction: null },
      ],
    },
    summaryRows: 5,
    logSummary: 'processes',
    reportFile: 'x.html',
    recordFile: 'x.ulr',
    recordFileBytes: 1024 ** 3,
    recordFiles: 2,
    procRoot: '/host/proc',
    cgroupRoot: '/host/cgroup',
    exporters: ['console', 'otlp'],
    exportIntervalSeconds: 20,
    exportTimeoutSeconds: 3,
    processSeries: 7,
    seriesBudget: 5000,
    optionalMetrics: ['unitledger.unit.pressure.share', 'unitledger.unit.cpu.max_usage'],
    processAttributes: ['parent', 'container'],
    hostName: 'node-7',
    shutdownTimeoutSeconds: 2,
    spoolDirectory: '/var/spool/unitledger',
    spoolLifetime: 'pod',
    spoolBytes: 1024 ** 3,
    spoolAgeSeconds: 1800,
    traces: { exporters: ['otlp'], timeoutSeconds: 3, mostSpans: 500 },
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
    otlpEnvironment: {},
    usesProxy: false,
    otlpHeadersFile: { path: '/run/secrets/headers', named: 'UNITLEDGER_OTLP_HEADERS_FILE' },
    listen: { host: '::1', port: 80, named: 'UNITLEDGER_LISTEN' },
    allowedHosts: ['node1', '*.example.org'],
    withheldVariables: ['UNITLEDGER_OTLP_HEADERS_FILE'],
    web: { host: '127.0.0.1', port: 8080, named: 'UNITLEDGER_WEB' },
    logLevel: 'debug',
    warnings: [],
  });
});

test('a bad value is rejected with the name of its variable', () => {
  assert.match(refused({ UNITLEDGER_INTERVAL: '0' }), /^UNITLEDGER_INTERVAL must be > 0 .*, not "0"$/);
  assert.match(
    refused({ UNITLEDGER_SHOW_CMDLINE: 'maybe' }),
    /^UNITLEDGER_SHOW_CMDLINE must be true or false, not/,
  );
  assert.match(
    refused({ UNITLEDGER_SERVICE: 'a,b c' }),
    /^UNITLEDGER_SERVICE must be the name .*, not "b c"$/,
  );
});

test('an invalid value of a standard variable is ignored with one warning, and the default or the next variable is used', () => {
  const { warnings: none, ...plain } = config({});
  assert.deepEqual(none, []);
  const cases: readonly [string, string, string][] = [
    ['OTEL_METRIC_EXPORT_INTERVAL', '10s', 'must be a whole number of milliseconds > 0'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '0', 'must be a whole number of milliseconds > 0'],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '-1', 'must be a whole number of milliseconds > 0'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', 'must be a whole number of milliseconds > 0'],
    ['OTEL_METRICS_EXPORTER', 'zipkin', 'must be otlp, prometheus, console or none'],
    ['OTEL_METRICS_EXPORTER', 'none,console', 'must be none alone or a list without it'],
    ['OTEL_LOG_LEVEL', 'loud', 'must be none, error, warn, info or debug'],
  ];
  for (const [name, text, why] of cases) {
    const { warnings, ...read } = config({ [name]: text });
    assert.deepEqual(warnings, [`ignoring ${name}="${text}": ${why}`]);
    assert.deepEqual({ ...read, otlpEnvironment: {} }, plain, name);
  }
  const next = config({ OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3s', OTEL_EXPORTER_OTLP_TIMEOUT: '4000' });
  assert.equal(next.exportTimeoutSeconds, 4);
  const some = config({ OTEL_METRICS_EXPORTER: 'zipkin,console' });
  assert.deepEqual(some.exporters, ['console']);
  assert.equal(some.warnings.length, 1);
});

test('a configuration file of an SDK causes one warning', () => {
  const { warnings } = config({ OTEL_CONFIG_FILE: '/etc/otel/\x1b.yaml' });
  assert.deepEqual(warnings, [
    'ignoring OTEL_CONFIG_FILE="/etc/otel/\\x1b.yaml": configuration files of OpenTelemetry SDKs are not supported; OTEL_EXPORTER_OTLP_* variables are',
  ]);
});

test('the exporter gets the variables of OTLP and of proxies, and no others', () => {
  const of = { OTEL_EXPORTER_OTLP_HEADERS: 'a=b', https_proxy: 'http://p:1', NO_PROXY: 'c' };
  assert.deepEqual(config({ ...of, AWS_SECRET_ACCESS_KEY: 'x' }).otlpEnvironment, of);
});

test('a switch is false if its variable is false', () => {
  for (const [text, value] of Object.entries({ true: true, TRUE: true, 1: true, false: false, 0: false })) {
    assert.equal(config({ UNITLEDGER_SHOW_CMDLINE: text }).showCommandLine, value, text);
  }
});

test('empty and blank variables count as unset', () => {
  const blank = config({
    UNITLEDGER_INTERVAL: '',
    UNITLEDGER_LIVE: ' ',
    UNITLEDGER_CONFIG: '',
    UNITLEDGER_EXPORT: '\t',
    OTEL_METRICS_EXPORTER: '',
    OTEL_EXPORTER_OTLP_PROTOCOL: ' ',
    OTEL_EXPORTER_OTLP_ENDPOINT: '',
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: '',
  });
  assert.deepEqual({ ...blank, otlpEnvironment: {} }, config({}));
});

test('the standard variables set the options of the same meaning, in their own units', () => {
  const read = config({
    OTEL_METRICS_EXPORTER: 'Console,OTLP',
    OTEL_METRIC_EXPORT_INTERVAL: '60000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1500',
    OTEL_LOG_LEVEL: 'VERBOSE',
  });
  assert.deepEqual(read.exporters, ['console', 'otlp']);
  assert.equal(read.exportIntervalSeconds, 60);
  assert.equal(read.exportTimeoutSeconds, 1.5);
  assert.equal(read.logLevel, 'debug');
  assert.deepEqual(config({ OTEL_METRICS_EXPORTER: 'logging' }).exporters, ['console']);
  assert.equal(config({ OTEL_EXPORTER_OTLP_TIMEOUT: '4000' }).exportTimeoutSeconds, 4);
  const both = { OTEL_EXPORTER_OTLP_TIMEOUT: '4000', OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3000' };
  assert.equal(config(both).exportTimeoutSeconds, 3);
});

test('a disabled SDK exports nothing, unless our own options request it', () => {
  assert.deepEqual(config({ OTEL_SDK_DISABLED: 'True', OTEL_METRICS_EXPORTER: 'otlp' }).exporters, []);
  assert.deepEqual(config({ OTEL_SDK_DISABLED: 'false', OTEL_METRICS_EXPORTER: 'console' }).exporters, [
    'console',
  ]);
  assert.deepEqual(config({ OTEL_SDK_DISABLED: 'true', UNITLEDGER_EXPORT: 'otlp' }).exporters, ['otlp']);
  const flag = ['--pid', '1', '--export', 'console'];
  assert.deepEqual(configIn({ env: { OTEL_SDK_DISABLED: 'true' } }, flag).exporters, ['console']);
});

test('a switch of the specification that is neither true nor false is false, with a warning', () => {
  const read = config({ OTEL_SDK_DISABLED: 'yes' });
  assert.deepEqual(read.exporters, ['otlp']);
  assert.deepEqual(read.warnings, ['OTEL_SDK_DISABLED "yes" is neither true nor false; false is used']);
});

test('a bad standard variable has no effect if a stronger option is set', () => {
  assert.deepEqual(config({ OTEL_METRICS_EXPORTER: 'zipkin', UNITLEDGER_EXPORT: 'otlp' }).exporters, [
    'otlp',
  ]);
  const read = configIn({ env: { OTEL_LOG_LEVEL: 'loud' } }, ['--pid', '1', '--log-level', 'warn']);
  assert.equal(read.logLevel, 'warn');
});

test('a bad value of our own is rejected even if a flag overrides it', () => {
  const { message } = refusedIn({ env: { UNITLEDGER_INTERVAL: 'x' } }, ['--pid', '1', '--interval', '1']);
  assert.match(message, /^UNITLEDGER_INTERVAL must be/);
});

test('a misspelt variable causes a warning, and those of other programs are ignored', () => {
  assert.deepEqual(config({ UNITLEDGER_INTERVALL: '1' }).warnings, [
    'UNITLEDGER_INTERVALL is not known; did you mean UNITLEDGER_INTERVAL?',
  ]);
  const others = {
    UNITLEDGER_SERVICE_HOST: '10.0.0.1',
    UNITLEDGER_SERVICE_PORT: '4318',
    UNITLEDGER_PORT: 'tcp://10.0.0.1:4318',
    UNITLEDGER_PORT_4318_TCP: 'tcp://10.0.0.1:4318',
    UNITLEDGER_SOMETHING_ELSE: 'x',
    INTERVAL: '0',
  };
  assert.deepEqual(config(others), config({}));
});
