import { printable } from '../../text/printable.ts';
import { httpFailure, tunnelFailure } from './http-failure.ts';
import { fieldsOf } from './protobuf-fields.ts';
import { type Answer, CREDENTIALS_HINT, type Failure, LONGEST_TEXT, retrySeconds } from './transport.ts';

const RETRY_INFO = 'google.rpc.RetryInfo';

/** A gRPC status other than OK. */
export interface GrpcFailure {
  readonly code: number;
  /** Hostile text. */
  readonly details: string;
  /** `grpc-status-details-bin`: a `google.rpc.Status`, if present. */
  readonly statusDetails: Uint8Array | null;
  /** The library's log line about a proxy, if there is one. */
  readonly proxyError?: string | null;
}

/** Status codes of gRPC, by number. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
type StatusName = (typeof NAMES)[number];

/**
 * The verdict of a status on the window (OTLP specification, OTLP/gRPC failures). As with HTTP, a status that concerns the
 * endpoint or the credentials is an outage like any other.
 */
export function answerOfGrpc({ code, details, statusDetails, proxyError = null }: GrpcFailure): Answer {
  const name = NAMES[code];
  const unconnected = name === 'UNAVAILABLE' ? connectionFailure(details, proxyError) : null;
  if (unconnected !== null) return { kind: 'unavailable', ...unconnected, retryAfterSeconds: null };
  const text = printable(details.trim().slice(0, LONGEST_TEXT));
  const cause = `gRPC ${name ?? 'unknown status'}`;
  const reason = `gRPC ${name ?? code}${text === '' ? '' : `: ${text}`}${hintOf(name, details)}`;
  const retryAfterSeconds = statusDetails === null ? null : retryDelaySeconds(statusDetails);
  switch (name) {
    case 'CANCELLED':
    case 'DEADLINE_EXCEEDED':
    case 'ABORTED':
    case 'OUT_OF_RANGE':
    case 'UNAVAILABLE':
    case 'DATA_LOSS':
    case 'PERMISSION_DENIED':
    case 'UNAUTHENTICATED':
    case 'UNIMPLEMENTED':
      return { kind: 'unavailable', cause, reason, retryAfterSeconds };
    case 'RESOURCE_EXHAUSTED':
      // Without a time to wait, a later try would fail as well: the message exceeds the receiver's limit.
      return retryAfterSeconds === null
        ? { kind: 'too large', cause, reason }
        : { kind: 'unavailable', cause, reason, retryAfterSeconds };
    case 'UNKNOWN':
    case 'INTERNAL':
      return { kind: 'broken', cause, reason };
    default:
      return { kind: 'refused', cause, reason };
  }
}

/**
 * The error of grpc-js itself if there was no connection, and so no answer (1.14: `No connection established. Last
 * error: … Resolution note: …`, with a time in it). Null for an answer of a server.
 */
function connectionFailure(details: string, proxyError: string | null): Failure | null {
  const [, error] =
    /^No connection established\. Last error: ([\s\S]*?)(?: \([^()]*\))?\. Resolution note:/.exec(details) ??
    [];
  const [, resolving] = /^Name resolution failed for target ([\s\S]*)$/.exec(details) ?? [];
  if (resolving !== undefined) return httpFailure(withCode('ENOTFOUND'));
  if (error === undefined) return null;
  if (proxyError !== null && /^(?:undefined|null)$/.test(error)) return proxyFailure(proxyError);
  if (/^Protocol error/.test(error)) return { cause: 'no HTTP/2', reason: NO_HTTP_2 };
  if (/wrong version number|packet length too long/.test(error)) return httpFailure(withCode('EPROTO'));
  const [, code] = /\b(E[A-Z]{4,})\b/.exec(error) ?? [];
  if (code !== undefined) return httpFailure(withCode(code));
  if (/^Failed to connect|socket disconnected before secure TLS/.test(error)) {
    return { cause: 'no connection', reason: CLOSED_AT_ONCE };
  }
  return {
    cause: 'no connection',
    reason: `no connection: ${printable(error.trim().slice(0, LONGEST_TEXT))}`,
  };
}

/**
 * Of `Failed to connect to HOST through proxy ADDRESS with status 407`, or `Failed to connect to proxy ADDRESS with error
 * connect ECONNREFUSED …`, as grpc-js (1.14) logs them.
 */
function proxyFailure(line: string): Failure {
  const [, status] = / with status (\d{3})$/.exec(line) ?? [];
  const [, code] = / with error .*?\b(E[A-Z]{4,})\b/.exec(line) ?? [];
  if (code !== undefined) return httpFailure(withCode(code));
  return tunnelFailure(status === undefined ? undefined : Number(status));
}

const NO_HTTP_2 = 'no HTTP/2 on this port (is this the HTTP port, 4318? gRPC usually listens on 4317)';
const CLOSED_AT_ONCE =
  'the other side closed the new connection (is this the HTTP port, 4318? Does it need TLS, https://?)';

function withCode(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

function hintOf(name: StatusName | undefined, details: string): string {
  switch (name) {
    case 'PERMISSION_DENIED':
    case 'UNAUTHENTICATED':
      return CREDENTIALS_HINT;
    case 'UNIMPLEMENTED':
      return ' (is this a receiver of OTLP metrics?)';
    default:
      // grpc-js makes its own status from an HTTP response without one.
      return /HTTP status code|content-type/i.test(details) ? ' (is this the HTTP port, 4318?)' : '';
  }
}

/**
 * Seconds to wait by the `RetryInfo` among the details of a `google.rpc.Status` (google/rpc/status.proto,
 * error_details.proto). Null if missing or invalid.
 */
export function retryDelaySeconds(status: Uint8Array): number | null {
  for (const detail of messagesIn(status, 3)) {
    const [type] = messagesIn(detail, 1);
    const [retryInfo] = messagesIn(detail, 2);
    if (type === undefined || retryInfo === undefined) continue;
    if (new TextDecoder().decode(type).split('/').at(-1) !== RETRY_INFO) continue;
    const [delay] = messagesIn(retryInfo, 1);
    if (delay === undefined) return null;
    return retrySeconds(numberIn(delay, 1) + numberIn(delay, 2) / 1e9);
  }
  return null;
}

function messagesIn(message: Uint8Array, number: number): Uint8Array[] {
  return fieldsOf(message).fields.flatMap(({ number: own, value }) =>
    own === number && typeof value !== 'number' ? [value] : [],
  );
}

function numberIn(message: Uint8Array, number: number): number {
  const field = fieldsOf(message).fields.find(
    ({ number: own, value }) => own === number && typeof value === 'number',
  );
  return (field?.value as number | undefined) ?? 0;
}
