import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { configIn } from './loading.ts';

const PREFIX = 'OTEL_EXPORTER_OTLP_';
const read = (env: Record<string, string>) => configIn({ env });
const accepted = (env: Record<string, string>): Config => {
  const config = read(env);
  assert.deepEqual(config.warnings, []);
  assert.deepEqual(config.otlpEnvironment, env);
  return config;
};

/** The variable is ignored with one warning, and the exporter does not get it; the others it does. */
function ignored(env: Record<string, string>, name: string, says: RegExp): Config {
  const config = read(env);
  assert.equal(config.warnings.length, 1, config.warnings.join());
  assert.match(config.warnings[0]!, new RegExp(`^ignoring ${name}="`));
  assert.match(config.warnings[0]!, says);
  const { [name]: _, ...others } = env;
  assert.deepEqual(config.otlpEnvironment, others);
  return config;
}

test('only OTLP protocols are accepted, under either name', () => {
  for (const name of [`${PREFIX}PROTOCOL`, `${PREFIX}METRICS_PROTOCOL`]) {
    for (const protocol of ['http/json', 'http/protobuf', 'grpc']) accepted({ [name]: protocol });
    ignored({ [name]: 'http' }, name, /="http": must be http\/protobuf, http\/json or grpc$/);
  }
});

test('an endpoint must be an HTTP URL, or a Unix socket', () => {
  for (const name of [`${PREFIX}ENDPOINT`, `${PREFIX}METRICS_ENDPOINT`]) {
    accepted({ [name]: 'http://localhost:4318' });
    accepted({ [name]: 'HTTPS://collector.example/otlp/' });
    accepted({ [name]: 'unix:///run/otlp.sock' });
    for (const url of [
      'localhost:4318',
      'collector',
      '/v1/metrics',
      'grpc://c:4317',
      'http://',
      'http://a b',
      'http:x',
      'unix://',
      'unix://relative',
    ]) {
      ignored({ [name]: url }, name, /: must be an http:\/\/ or https:\/\/ URL/);
    }
  }
});

test('an endpoint of gRPC may be a host and a port', () => {
  const grpc = { [`${PREFIX}PROTOCOL`]: 'grpc' };
  for (const endpoint of ['collector:4317', '[::1]:4317', 'https://c', 'unix:///run/otlp.sock']) {
    accepted({ ...grpc, [`${PREFIX}ENDPOINT`]: endpoint });
  }
  for (const endpoint of ['collector', 'c:4317:x', 'c:99999', 'ftp://c']) {
    const env = { ...grpc, [`${PREFIX}ENDPOINT`]: endpoint };
    ignored(env, `${PREFIX}ENDPOINT`, /: must be an http:.* HOST:PORT, or unix:\/\//);
  }
  accepted({ ...grpc, [`${PREFIX}INSECURE`]: 'TRUE' });
  ignored({ ...grpc, [`${PREFIX}INSECURE`]: 'yes' }, `${PREFIX}INSECURE`, /="yes": must be true or false$/);
});

test('if the variable for metrics is ignored, the general one is used', () => {
  const env = {
    [`${PREFIX}METRICS_ENDPOINT`]: 'collector',
    [`${PREFIX}ENDPOINT`]: 'http://c:4318',
  };
  ignored(env, `${PREFIX}METRICS_ENDPOINT`, /="collector"/);
});

test('a password in an endpoint is not repeated', () => {
  const env = { [`${PREFIX}ENDPOINT`]: 'htp://user:se/cr@et@collector:4318' };
  const { warnings } = ignored(env, `${PREFIX}ENDPOINT`, /="htp:\/\/\*\*\*@collector:4318":/);
  assert.doesNotMatch(warnings[0]!, /user|se\/cr|et@/);
});

test('temporality and histogram aggregation are case-insensitive, or ignored', () => {
  const temporality = `${PREFIX}METRICS_TEMPORALITY_PREFERENCE`;
  const aggregation = `${PREFIX}METRICS_DEFAULT_HISTOGRAM_AGGREGATION`;
  const both = accepted({ [temporality]: 'Delta', [aggregation]: 'BASE2_EXPONENTIAL_BUCKET_HISTOGRAM' });
  assert.equal(both.temporality, 'delta');
  assert.equal(both.histogramAggregation, 'base2_exponential_bucket_histogram');
  assert.equal(accepted({ [temporality]: 'lowmemory' }).temporality, 'lowmemory');
  const stateful = ignored(
    { [temporality]: 'stateful' },
    temporality,
    /: must be cumulative, delta or lowmemory$/,
  );
  assert.equal(stateful.temporality, 'cumulative');
  const other = ignored({ [aggregation]: 'x' }, aggregation, /: must be explicit_bucket_histogram or base2_/);
  assert.equal(other.histogramAggregation, 'explicit_bucket_histogram');
});

test('a compression that the exporter does not have is ignored', () => {
  accepted({ [`${PREFIX}COMPRESSION`]: 'gzip' });
  ignored({ [`${PREFIX}COMPRESSION`]: 'zstd' }, `${PREFIX}COMPRESSION`, /="zstd": must be none or gzip$/);
});

test('OTLP variables have no effect if nothing is sent by OTLP', () => {
  const env = {
    [`${PREFIX}PROTOCOL`]: 'grpc',
    [`${PREFIX}ENDPOINT`]: 'nowhere',
    [`${PREFIX}METRICS_TEMPORALITY_PREFERENCE`]: 'delta',
  };
  const config = configIn({ env }, ['--pid', '1', '--export', 'console']);
  assert.equal(config.temporality, 'cumulative');
  assert.deepEqual(config.warnings, []);
});

test('variables of traces are checked only with --traces, and general ones once', () => {
  const env = { [`${PREFIX}TRACES_PROTOCOL`]: 'smoke', [`${PREFIX}COMPRESSION`]: 'zstd' };
  assert.equal(configIn({ env }).warnings.length, 1);
  const config = configIn({ env: { ...env, UNITLEDGER_TRACES: 'true' } });
  assert.equal(config.warnings.length, 2, config.warnings.join());
  assert.deepEqual(config.otlpEnvironment, {});
});

test('a general gRPC endpoint does not affect traces by HTTP', () => {
  const env = {
    UNITLEDGER_TRACES: 'true',
    [`${PREFIX}METRICS_PROTOCOL`]: 'grpc',
    [`${PREFIX}ENDPOINT`]: 'collector:4317',
    [`${PREFIX}TRACES_ENDPOINT`]: 'http://collector:4318/v1/traces',
  };
  assert.deepEqual(configIn({ env }).warnings, []);
});

test('standard variables set the destination of spans and the timeout of an attempt', () => {
  const tracesOf = (env: Record<string, string>) => configIn({ env: { UNITLEDGER_TRACES: 'true', ...env } });
  assert.equal(configIn({ env: { OTEL_TRACES_EXPORTER: 'otlp' } }).traces, undefined);
  assert.deepEqual(tracesOf({}).traces, { exporters: ['otlp'], timeoutSeconds: 10, mostSpans: 10_000 });
  const exportersOf = (text: string) => tracesOf({ OTEL_TRACES_EXPORTER: text }).traces!.exporters;
  assert.deepEqual(exportersOf('console,otlp,console'), ['console', 'otlp']);
  assert.deepEqual(exportersOf('logging'), ['console']);
  assert.deepEqual(exportersOf('none'), []);
  assert.deepEqual(exportersOf(''), ['otlp']);
  assert.deepEqual(tracesOf({ OTEL_TRACES_EXPORTER: 'none,console' }).warnings, [
    'ignoring OTEL_TRACES_EXPORTER="none,console": must be none alone or a list without it',
  ]);
  const unknown = tracesOf({ OTEL_TRACES_EXPORTER: 'zipkin', [`${PREFIX}TRACES_TIMEOUT`]: '1s' });
  assert.deepEqual(unknown.traces?.exporters, ['otlp']);
  assert.equal(unknown.traces?.timeoutSeconds, 10);
  assert.equal(unknown.warnings.length, 2);
  assert.equal(tracesOf({ [`${PREFIX}TRACES_TIMEOUT`]: '1500' }).traces?.timeoutSeconds, 1.5);
  assert.deepEqual(tracesOf({ OTEL_SDK_DISABLED: 'true' }).traces?.exporters, []);
});

test('a command inherits the headers and keys of traces unless unitledger sends spans with them', () => {
  const env = {
    [`${PREFIX}TRACES_HEADERS`]: 'a=b',
    [`${PREFIX}TRACES_CLIENT_KEY`]: '/k',
    [`${PREFIX}TRACES_ENDPOINT`]: 'https://me:secret@c',
  };
  const withheld = (more: Record<string, string>) =>
    configIn({ env: { ...env, ...more } }, ['--', 'make']).withheldVariables.toSorted();
  assert.deepEqual(withheld({}), []);
  assert.deepEqual(withheld({ UNITLEDGER_TRACES: 'true' }), Object.keys(env).toSorted());
});
