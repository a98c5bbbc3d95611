import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpCompression, otlpHeaders } from '../../../src/telemetry/export/otlp-environment.ts';

const message = (text: string) => ({ name: 'TelemetrySetupError', message: text });

test('compression is that for metrics, or that for all signals, in any case', () => {
  assert.equal(otlpCompression({}), 'none');
  assert.equal(otlpCompression({ OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'GZIP' }), 'gzip');
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
