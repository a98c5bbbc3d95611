import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  otlpCompression,
  otlpEncoding,
  otlpHeaders,
  otlpUrl,
  readTlsFiles,
} from '../../../src/telemetry/export/otlp-environment.ts';

const message = (text: string) => ({ name: 'TelemetrySetupError', message: text });

test('the endpoint for all signals gets the path of metrics, the one for metrics stands as it is', () => {
  assert.equal(otlpUrl({}), 'http://localhost:4318/v1/metrics');
  assert.equal(otlpUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), 'http://localhost:4318/v1/metrics');
  assert.equal(otlpUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1' }), 'http://c:1/v1/metrics');
  assert.equal(otlpUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/' }), 'https://c/otlp/v1/metrics');
  assert.equal(
    otlpUrl({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m:2/x',
    }),
    'http://m:2/x',
  );
});

test('an endpoint that is no HTTP URL is refused, and not replaced by the default', () => {
  for (const value of ['collector:4317', 'no url', 'ftp://c/']) {
    assert.throws(
      () => otlpUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: value }),
      message(
        `OTEL_EXPORTER_OTLP_ENDPOINT is "${value}", which is no URL that starts with http:// or https://.`,
      ),
    );
  }
});

test('a password in an endpoint that is refused is not repeated', () => {
  assert.throws(
    () => otlpUrl({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'ftp://me:secret@c/' }),
    message(
      'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is "ftp://***@c/", which is no URL that starts with http:// or https://.',
    ),
  );
});

test('TLS files are read, those for metrics first, and one that cannot be read is named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'all.pem'), 'all');
  writeFileSync(join(folder, 'metrics.pem'), 'metrics');
  const files = readTlsFiles({
    OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, 'all.pem'),
    OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE: join(folder, 'metrics.pem'),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: join(folder, 'all.pem'),
  });
  assert.deepEqual([files.ca?.toString(), files.cert, files.key?.toString()], ['metrics', undefined, 'all']);
  const missing = join(folder, 'none.pem');
  assert.throws(
    () => readTlsFiles({ OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: missing }),
    message(
      `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is "${missing}", a file that cannot be read (ENOENT); ` +
        'it takes the path of a PEM file.',
    ),
  );
});

test('protocol and compression are those for metrics, or those for all signals, in any case', () => {
  assert.equal(otlpEncoding({}), 'json');
  assert.equal(otlpEncoding({ OTEL_EXPORTER_OTLP_PROTOCOL: 'HTTP/protobuf' }), 'protobuf');
  assert.equal(
    otlpEncoding({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
    }),
    'json',
  );
  assert.equal(otlpCompression({}), 'none');
  assert.equal(otlpCompression({ OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'GZIP' }), 'gzip');
  assert.throws(
    () => otlpEncoding({ OTEL_EXPORTER_OTLP_PROTOCOL: 'x' }),
    message('OTEL_EXPORTER_OTLP_PROTOCOL is "x"; it takes http/json or http/protobuf.'),
  );
  assert.throws(
    () => otlpCompression({ OTEL_EXPORTER_OTLP_COMPRESSION: 'br' }),
    message('OTEL_EXPORTER_OTLP_COMPRESSION is "br"; it takes none or gzip.'),
  );
});

test('headers of both variables are sent, those for metrics first, percent-decoded', () => {
  assert.deepEqual(otlpHeaders({}), {});
  assert.deepEqual(
    otlpHeaders({
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20YTpi=, x-tenant = a b ,x-empty=,',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'X-Tenant=c%2Cd',
    }),
    { authorization: 'Basic YTpi=', 'x-tenant': 'c,d', 'x-empty': '' },
  );
});

test('headers that cannot be understood are refused, and what they hold is not repeated', () => {
  for (const value of ['secret', '=secret', 'a b=secret', 'x=%zz', 'x=se%0acret', 'x=1,secret']) {
    assert.throws(
      () => otlpHeaders({ OTEL_EXPORTER_OTLP_HEADERS: value }),
      message(
        'OTEL_EXPORTER_OTLP_HEADERS cannot be understood: it takes name=value pairs, separated by commas, percent-encoded.',
      ),
      value,
    );
  }
});
