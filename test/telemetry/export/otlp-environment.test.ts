import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpCompression, otlpHeaders } from '../../../src/telemetry/export/otlp-environment.ts';

const message = (text: string) => ({ name: 'TelemetrySetupError', message: text });

test('compression is that for metrics, or the general one, case-insensitive', () => {
  assert.equal(otlpCompression({}), 'none');
  assert.equal(otlpCompression({ OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'GZIP' }), 'gzip');
  assert.throws(
    () => otlpCompression({ OTEL_EXPORTER_OTLP_COMPRESSION: 'br' }),
    message('OTEL_EXPORTER_OTLP_COMPRESSION is "br"; it takes none or gzip.'),
  );
});

test('headers of both variables are sent, those for metrics first, percent-decoded', () => {
  assert.deepEqual(otlpHeaders({}, assert.fail), {});
  assert.deepEqual(
    otlpHeaders(
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20YTpi=, x-tenant = a b ,x-empty=,',
        OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'X-Tenant=c%2Cd',
      },
      assert.fail,
    ),
    { authorization: 'Basic YTpi=', 'x-tenant': 'c,d', 'x-empty': '' },
  );
});

test('a header that OTLP itself sets is dropped with a warning', () => {
  for (const name of ['Content-Encoding', 'transfer-encoding', 'host', 'grpc-timeout']) {
    const warnings: string[] = [];
    const headers = otlpHeaders(
      { OTEL_EXPORTER_OTLP_HEADERS: `${name}=gzip,x-tenant=7` },
      (warning) => void warnings.push(warning),
    );
    assert.deepEqual(headers, { 'x-tenant': '7' }, name);
    assert.deepEqual(warnings, [
      'ignoring pair 1 of OTEL_EXPORTER_OTLP_HEADERS: OTLP itself sets such headers',
    ]);
  }
});

test('an invalid header is dropped with a warning that does not repeat it', () => {
  for (const value of ['secret', '=secret', 'a b=secret', 'x=%zz', 'x=se%0acret']) {
    const warnings: string[] = [];
    const headers = otlpHeaders({ OTEL_EXPORTER_OTLP_HEADERS: `x-tenant=7,${value}` }, (warning) => {
      warnings.push(warning);
    });
    assert.deepEqual(headers, { 'x-tenant': '7' }, value);
    assert.deepEqual(warnings, [
      'ignoring pair 2 of OTEL_EXPORTER_OTLP_HEADERS: must be name=value pairs, separated by commas, percent-encoded',
    ]);
  }
});
