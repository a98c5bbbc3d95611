import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodingOf, otlpDestination } from '../../../src/telemetry/export/otlp-destination.ts';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const OF_METRICS = 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT';
const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
const urlOf = (environment: Record<string, string>) => otlpDestination(environment).url.href;
const targetOf = (environment: Record<string, string>) => otlpDestination(environment).target;
const message = (text: string) => ({ name: 'TelemetrySetupError', message: text });

test('the general endpoint gets the path of metrics, the one for metrics is used unchanged', () => {
  assert.equal(urlOf({}), 'http://localhost:4318/v1/metrics');
  assert.equal(urlOf({ [ENDPOINT]: ' ' }), 'http://localhost:4318/v1/metrics');
  assert.equal(urlOf({ [ENDPOINT]: 'http://c:1' }), 'http://c:1/v1/metrics');
  assert.equal(urlOf({ [ENDPOINT]: 'https://c/otlp/' }), 'https://c/otlp/v1/metrics');
  assert.equal(urlOf({ [ENDPOINT]: 'http://c:1', [OF_METRICS]: 'http://m:2/x' }), 'http://m:2/x');
});

test('the destination is the default if no variable sets one', () => {
  for (const environment of [{}, { [ENDPOINT]: '' }, GRPC]) assert.ok(otlpDestination(environment).isDefault);
  for (const environment of [{ [ENDPOINT]: 'http://localhost:4318' }, { [OF_METRICS]: 'unix:///run/c' }])
    assert.equal(otlpDestination(environment).isDefault, false);
});

test('the protocol is that for metrics, or the general one, case-insensitive', () => {
  const protocolOf = (environment: Record<string, string>) => otlpDestination(environment).protocol;
  assert.equal(protocolOf({}), 'http/protobuf');
  assert.equal(protocolOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'HTTP/protobuf' }), 'http/protobuf');
  const both = { ...GRPC, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' };
  assert.equal(protocolOf(both), 'http/json');
  assert.deepEqual(
    ['http/json', 'http/protobuf', 'grpc'].map((name) => encodingOf(name as 'grpc')),
    ['json', 'protobuf', 'protobuf'],
  );
  assert.throws(
    () => protocolOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'x' }),
    message('OTEL_EXPORTER_OTLP_PROTOCOL is "x"; it takes http/json, http/protobuf or grpc.'),
  );
});

test('gRPC uses its own port, with TLS if the endpoint requires it, or has no scheme', () => {
  assert.equal(targetOf(GRPC), 'grpc://localhost:4317');
  assert.equal(targetOf({ ...GRPC, [ENDPOINT]: 'http://c:1/ignored?x=1' }), 'grpc://c:1');
  assert.equal(targetOf({ ...GRPC, [ENDPOINT]: 'https://c' }), 'grpcs://c:443');
  assert.equal(targetOf({ ...GRPC, [OF_METRICS]: 'https://[::1]:4' }), 'grpcs://[::1]:4');
  assert.equal(targetOf({ ...GRPC, [ENDPOINT]: 'c:4317' }), 'grpcs://c:4317');
  const insecure = { ...GRPC, [ENDPOINT]: 'c:4317', OTEL_EXPORTER_OTLP_INSECURE: 'true' };
  assert.equal(targetOf(insecure), 'grpc://c:4317');
  assert.equal(targetOf({ ...insecure, OTEL_EXPORTER_OTLP_METRICS_INSECURE: 'false' }), 'grpcs://c:4317');
  // A scheme says more.
  assert.equal(targetOf({ ...insecure, [ENDPOINT]: 'https://c:4317' }), 'grpcs://c:4317');
});

test('a Unix socket replaces the host', () => {
  for (const protocol of ['http/json', 'http/protobuf', 'grpc']) {
    const environment = { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, [ENDPOINT]: 'unix:///run/otel/otlp.sock' };
    const { socketPath, isSecure, target, url } = otlpDestination(environment);
    assert.deepEqual(
      [socketPath, isSecure, target, url.pathname],
      ['/run/otel/otlp.sock', false, 'unix:///run/otel/otlp.sock', '/v1/metrics'],
    );
  }
});

test('an invalid endpoint is rejected, and not replaced by the default', () => {
  for (const value of ['collector:4317', 'no url', 'ftp://c/', 'unix://', 'unix://relative', 'http://']) {
    assert.throws(
      () => otlpDestination({ [ENDPOINT]: value }),
      message(`${ENDPOINT} is "${value}", which is no URL that starts with http://, https:// or unix://.`),
    );
  }
  for (const value of ['collector', 'c:4317:x', 'ftp://c/', 'unix://', ':4317', 'c:99999']) {
    assert.throws(
      () => otlpDestination({ ...GRPC, [ENDPOINT]: value }),
      message(
        `${ENDPOINT} is "${value}", which is neither a URL that starts with http://, https:// or unix:// nor HOST:PORT.`,
      ),
    );
  }
});

test('a password is in no message and no log', () => {
  const refused = { [OF_METRICS]: 'ftp://me:secret@c/' };
  assert.throws(() => otlpDestination(refused), /METRICS_ENDPOINT is "ftp:\/\/\*\*\*@c\/"/);
  assert.equal(targetOf({ [ENDPOINT]: 'http://me:secret@c:1/x?key=secret' }), 'http://c:1/x/v1/metrics');
  assert.equal(targetOf({ ...GRPC, [ENDPOINT]: 'http://me:secret@c:1' }), 'grpc://c:1');
});

test('traces have a path and variables of their own, and share the general ones', () => {
  const urlOfTraces = (environment: Record<string, string>) =>
    otlpDestination(environment, 'traces').url.href;
  assert.equal(urlOfTraces({}), 'http://localhost:4318/v1/traces');
  assert.equal(urlOfTraces({ [ENDPOINT]: 'https://c/otlp/' }), 'https://c/otlp/v1/traces');
  const both = {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m:1/x',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t:2/y',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
  };
  assert.equal(urlOfTraces(both), 'http://t:2/y');
  assert.equal(otlpDestination(both, 'traces').protocol, 'http/json');
  assert.equal(otlpDestination(both).protocol, 'http/protobuf');
  assert.equal(otlpDestination(both).url.href, 'http://m:1/x');
  assert.equal(otlpDestination({ [ENDPOINT]: 'unix:///s' }, 'traces').url.pathname, '/v1/traces');
});
