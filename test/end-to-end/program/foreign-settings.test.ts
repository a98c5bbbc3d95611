import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { otlpReceiverAvailable, startOtlpReceiver } from '../otlp-receiver.ts';
import { documentOf, logOf, runUnitledger } from './unitledger.ts';

const ARGS = ['--summary', 'json', '--duration', '1'];

/** What a pod-wide `envFrom` may hold for SDKs of other languages, and the reason why it is ignored here. */
const FOREIGN: readonly [name: string, value: string, why: string][] = [
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', 'must be a whole number of milliseconds > 0'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'must be none or gzip'],
  ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'stateful', 'must be cumulative, delta or lowmemory'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http', 'must be http/protobuf, http/json or grpc'],
  [
    'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
    'summary',
    'must be explicit_bucket_histogram or base2_exponential_bucket_histogram',
  ],
  ['OTEL_METRIC_EXPORT_INTERVAL', '1m', 'must be a whole number of milliseconds > 0'],
  ['OTEL_METRICS_EXPORTER', 'zipkin', 'must be otlp, prometheus, console or none'],
  ['OTEL_LOG_LEVEL', 'finest', 'must be none, error, warn, info or debug'],
];

describe('OTEL_* variables that other programs share', skipUnless(otlpReceiverAvailable()), () => {
  test('are ignored with one warning each if their values are invalid, and the run delivers by the defaults', async () => {
    const receiver = await startOtlpReceiver();
    try {
      const environment = {
        ...Object.fromEntries(FOREIGN.map(([name, value]) => [name, value])),
        UNITLEDGER_EXPORT: '',
        OTEL_CONFIG_FILE: '/etc/otel/sdk.yaml',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=7,secret',
        OTEL_EXPORTER_OTLP_CERTIFICATE: '/not/mounted/here.pem',
        // The one that is usable after all.
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'collector:4318',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      };
      const args = [...ARGS, '--pid', String(process.pid)];
      const ended = await runUnitledger(args, { environment });
      const document = documentOf(ended);
      assert.equal(document.export!.failed, 0);
      assert.ok(document.export!.delivered >= 1);
      await receiver.waitFor(document.export!.delivered);
      assert.deepEqual(
        new Set(receiver.requests.map(({ contentType }) => contentType)),
        new Set(['application/x-protobuf']),
      );
      const warnings = logOf(ended.stderr).filter(({ level }) => level === 'warn');
      assert.deepEqual(
        warnings.map(({ msg }) => msg).sort(),
        [
          ...FOREIGN.map(([name, value, why]) => `ignoring ${name}="${value}": ${why}`),
          'ignoring OTEL_CONFIG_FILE="/etc/otel/sdk.yaml": configuration files of OpenTelemetry SDKs are not supported; OTEL_EXPORTER_OTLP_* variables are',
          'ignoring OTEL_EXPORTER_OTLP_METRICS_ENDPOINT="collector:4318": must be an http:// or https:// URL, such as http://localhost:4318, or unix:// and the path of a socket',
          'ignoring pair 2 of OTEL_EXPORTER_OTLP_HEADERS: must be name=value pairs, separated by commas, percent-encoded',
        ].sort(),
      );
      assert.doesNotMatch(ended.stderr, /secret/);
    } finally {
      await receiver.stop();
    }
  });

  test('differ from our own: invalid ones are rejected with exit code 2', async () => {
    for (const [name, value] of [
      ['UNITLEDGER_EXPORT_TIMEOUT', '10 sec'],
      ['UNITLEDGER_EXPORT', 'zipkin'],
      ['UNITLEDGER_OTLP_PROXY', 'http://proxy:3128'],
    ] as const) {
      const ended = await runUnitledger([...ARGS, '--', 'true'], { environment: { [name]: value } });
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, new RegExp(`^unitledger: ${name} must be `));
    }
  });

  test('that name missing TLS files do not end the run, and do not weaken TLS: windows are buffered', async () => {
    const environment = {
      UNITLEDGER_EXPORT: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/not/mounted/here.pem',
    };
    const args = [
      ...ARGS,
      '--export-interval',
      '0.5',
      '--shutdown-timeout',
      '0.1',
      '--pid',
      String(process.pid),
    ];
    const ended = await runUnitledger(args, { environment });
    assert.equal(documentOf(ended).export!.delivered, 0);
    const [first] = logOf(ended.stderr).filter(({ level }) => level === 'warn');
    assert.match(
      first!.msg,
      /^collector https:.*: OTEL_EXPORTER_OTLP_CERTIFICATE is "\/not\/mounted\/here\.pem", which cannot be read \(no such file or directory, ENOENT\); it takes the path of a PEM file; buffering metrics/,
    );
  });
});
