import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { otlpUrl, readTlsFiles } from '../../../src/telemetry/export/otlp-environment.ts';

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
