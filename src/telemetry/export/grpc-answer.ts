import { printable } from '../../text/printable.ts';
import { retryDelaySeconds } from './grpc-retry-info.ts';
import { type Answer, LONGEST_TEXT } from './transport.ts';

/** A status of gRPC that is not OK. */
export interface GrpcFailure {
  readonly code: number;
  /** Hostile text. */
  readonly details: string;
  /** `grpc-status-details-bin`: a `google.rpc.Status`, where it came with one. */
  readonly statusDetails: Uint8Array | null;
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
 * What a status says of the window (OTLP specification, OTLP/gRPC failures). As with HTTP, a status that speaks of the
 * place or of the credentials is an outage like any other.
 */
export function answerOfGrpc({ code, details, statusDetails }: GrpcFailure): Answer {
  const name = NAMES[code];
  const text = printable(details.trim().slice(0, LONGEST_TEXT));
  const reason = `it answered gRPC ${name ?? code}${text === '' ? '' : `: ${text}`}${hintOf(name)}`;
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
      return { kind: 'unavailable', reason, retryAfterSeconds };
    case 'RESOURCE_EXHAUSTED':
      // Without a time it will not be better later: the window is too large.
      return retryAfterSeconds === null
        ? { kind: 'refused', reason }
        : { kind: 'unavailable', reason, retryAfterSeconds };
    case 'UNKNOWN':
    case 'INTERNAL':
      return { kind: 'broken', reason };
    default:
      return { kind: 'refused', reason };
  }
}

function hintOf(name: StatusName | undefined): string {
  switch (name) {
    case 'PERMISSION_DENIED':
    case 'UNAUTHENTICATED':
      return ' (are the credentials in the headers right?)';
    case 'UNIMPLEMENTED':
      return ' (is that a receiver of OTLP metrics?)';
    default:
      return '';
  }
}
