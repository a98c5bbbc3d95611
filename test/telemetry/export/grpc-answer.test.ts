import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { answerOfGrpc, retryDelaySeconds } from '../../../src/telemetry/export/grpc-answer.ts';
import { statusWithRetryInfo } from './grpc-collector.ts';

const kindOf = (code: number, statusDetails: Uint8Array | null = null) =>
  answerOfGrpc({ code, details: '', statusDetails }).kind;

test('every status has the meaning of the OTLP specification, or is a local outage', () => {
  const kinds: Record<string, string> = {};
  for (const [name, code] of Object.entries(status)) {
    if (typeof code === 'number' && code !== status.OK) kinds[name] = kindOf(code);
  }
  assert.deepEqual(kinds, {
    CANCELLED: 'unavailable',
    UNKNOWN: 'broken',
    INVALID_ARGUMENT: 'refused',
    DEADLINE_EXCEEDED: 'unavailable',
    NOT_FOUND: 'refused',
    ALREADY_EXISTS: 'refused',
    PERMISSION_DENIED: 'unavailable',
    RESOURCE_EXHAUSTED: 'too large',
    FAILED_PRECONDITION: 'refused',
    ABORTED: 'unavailable',
    OUT_OF_RANGE: 'unavailable',
    UNIMPLEMENTED: 'unavailable',
    INTERNAL: 'broken',
    UNAVAILABLE: 'unavailable',
    DATA_LOSS: 'unavailable',
    UNAUTHENTICATED: 'unavailable',
  });
  assert.equal(kindOf(99), 'refused');
});

test('a collector that is full is retried only if it names a delay', () => {
  assert.deepEqual(
    answerOfGrpc({
      code: status.RESOURCE_EXHAUSTED,
      details: 'full\n',
      statusDetails: statusWithRetryInfo(2, 500_000_000),
    }),
    {
      kind: 'unavailable',
      cause: 'gRPC RESOURCE_EXHAUSTED',
      reason: 'gRPC RESOURCE_EXHAUSTED: full',
      retryAfterSeconds: 2.5,
    },
  );
});

test('messages of a collector are made printable and short', () => {
  const { reason } = answerOfGrpc({
    code: 3,
    details: `\x1b[2J${'x'.repeat(9999)}`,
    statusDetails: null,
  }) as {
    reason: string;
  };
  assert.match(reason, /^gRPC INVALID_ARGUMENT: \\x1b\[2Jxxx/);
  assert.ok(reason.length < 400);
});

test('a retry delay is parsed in any context, and is never absurd', () => {
  assert.equal(retryDelaySeconds(statusWithRetryInfo(0, 0)), 0);
  assert.equal(retryDelaySeconds(statusWithRetryInfo(7, 0)), 7);
  assert.equal(retryDelaySeconds(statusWithRetryInfo(1e9, 0)), 3600);
  assert.equal(
    retryDelaySeconds(statusWithRetryInfo(5, 0, 'type.googleapis.com/google.rpc.ErrorInfo')),
    null,
  );
  assert.equal(retryDelaySeconds(new Uint8Array()), null);
});

test('parsing never fails, whatever the bytes', () => {
  const valid = statusWithRetryInfo(3, 4);
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(valid.length), (noise, cut) => {
      for (const bytes of [
        noise,
        valid.subarray(0, cut),
        Uint8Array.of(...valid.subarray(0, cut), ...noise),
      ]) {
        const seconds = retryDelaySeconds(bytes);
        assert.ok(seconds === null || (seconds >= 0 && seconds <= 3600), String(seconds));
      }
    }),
  );
});

test('messages of the library about a missing connection are one cause, whatever the time in them', () => {
  const causeOf = (error: string) => {
    const details = `No connection established. Last error: ${error}. Resolution note: `;
    const { cause, reason } = answerOfGrpc({ code: status.UNAVAILABLE, details, statusDetails: null }) as {
      cause: string;
      reason: string;
    };
    assert.doesNotMatch(reason, /Resolution note|2026/);
    return `${cause}: ${reason}`;
  };
  assert.match(
    causeOf('Protocol error (2026-11-29T13:07:55.929Z)'),
    /^no HTTP\/2: .*is this the HTTP port, 4318\?/,
  );
  assert.match(causeOf('Failed to connect (2026-11-29T13:07:55.969Z)'), /^no connection: /);
  assert.equal(
    causeOf('Error: connect ECONNREFUSED 127.0.0.1:4317'),
    'ECONNREFUSED: ECONNREFUSED: connection refused',
  );
  assert.match(
    causeOf('Error: 40EDEBFEB37F0000:error:0A00010B:SSL routines:wrong version number:tlsany_meth.c:77:\n'),
    /no TLS on this port/,
  );
  assert.equal(causeOf('null'), 'no connection: no connection: null');
});
