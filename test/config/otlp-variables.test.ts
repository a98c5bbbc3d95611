import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configIn, refusedIn } from './loading.ts';

const PREFIX = 'OTEL_EXPORTER_OTLP_';
const accepted = (env: Record<string, string>) => configIn({ env });
const refused = (env: Record<string, string>) => refusedIn({ env });

test('only protocols of OTLP are accepted, under either name', () => {
  for (const name of [`${PREFIX}PROTOCOL`, `${PREFIX}METRICS_PROTOCOL`]) {
    for (const protocol of ['http/json', 'http/protobuf', 'grpc']) accepted({ [name]: protocol });
    assert.match(
      refused({ [name]: 'carrier-pigeon' }).message,
      new RegExp(`^${name} must be http/json, http/protobuf or grpc, not "carrier-pigeon"$`),
    );
    assert.equal(refused({ [name]: 'x' }).option, name);
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
      assert.match(
        refused({ [name]: url }).message,
        new RegExp(`^${name} must be an http:// or https:// URL`),
        url,
      );
    }
  }
});

test('an endpoint of gRPC may be a host and a port', () => {
  const grpc = { [`${PREFIX}PROTOCOL`]: 'grpc' };
  for (const endpoint of ['collector:4317', '[::1]:4317', 'https://c', 'unix:///run/otlp.sock']) {
    accepted({ ...grpc, [`${PREFIX}ENDPOINT`]: endpoint });
  }
  for (const endpoint of ['collector', 'c:4317:x', 'c:99999', 'ftp://c']) {
    assert.match(
      refused({ ...grpc, [`${PREFIX}ENDPOINT`]: endpoint }).message,
      /ENDPOINT must be an http:.* HOST:PORT, or unix:\/\//,
      endpoint,
    );
  }
  accepted({ ...grpc, [`${PREFIX}INSECURE`]: 'TRUE' });
  assert.match(
    refused({ ...grpc, [`${PREFIX}INSECURE`]: 'yes' }).message,
    /INSECURE must be true or false, not "yes"$/,
  );
});

test('a password in an endpoint is not repeated', () => {
  const error = refused({ [`${PREFIX}ENDPOINT`]: 'htp://user:se/cr@et@collector:4318' });
  assert.match(error.message, /not "htp:\/\/\*\*\*@collector:4318"$/);
  assert.equal(error.value, 'htp://***@collector:4318');
});

test('temporality and histogram aggregation are read in any case, or refused', () => {
  const temporality = `${PREFIX}METRICS_TEMPORALITY_PREFERENCE`;
  const aggregation = `${PREFIX}METRICS_DEFAULT_HISTOGRAM_AGGREGATION`;
  const read = accepted({ [temporality]: 'Delta', [aggregation]: 'BASE2_EXPONENTIAL_BUCKET_HISTOGRAM' });
  assert.equal(read.temporality, 'delta');
  assert.equal(read.histogramAggregation, 'base2_exponential_bucket_histogram');
  assert.equal(accepted({ [temporality]: 'lowmemory' }).temporality, 'lowmemory');
  assert.match(refused({ [temporality]: 'x' }).message, /must be cumulative, delta or lowmemory, not "x"$/);
  assert.match(
    refused({ [aggregation]: 'x' }).message,
    /must be explicit_bucket_histogram or base2_exponential_/,
  );
});

test('a compression that the exporter would ignore is refused', () => {
  accepted({ [`${PREFIX}COMPRESSION`]: 'gzip' });
  assert.match(
    refused({ [`${PREFIX}COMPRESSION`]: 'zstd' }).message,
    /COMPRESSION must be none or gzip, not "zstd"$/,
  );
});

test('what OTLP was told does not matter where nothing goes out by OTLP', () => {
  const env = {
    [`${PREFIX}PROTOCOL`]: 'grpc',
    [`${PREFIX}ENDPOINT`]: 'nowhere',
    [`${PREFIX}METRICS_TEMPORALITY_PREFERENCE`]: 'delta',
  };
  const read = configIn({ env }, ['--pid', '1', '--export', 'console']);
  assert.equal(read.temporality, 'cumulative');
});
