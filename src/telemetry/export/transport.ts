import { printable } from '../../text/printable.ts';

/** The reason why a window was not accepted. */
export interface Failure {
  /**
   * The kind of failure, by which the log recognises a new one: `HTTP 503`, `gRPC UNAVAILABLE`, `ECONNREFUSED`,
   * `timeout`. From a closed set: texts of the collector are never part of it.
   */
  readonly cause: string;
  /** For people: printable, one line. Texts of the collector may vary with each request. */
  readonly reason: string;
}

/** The answer of a collector for one window, or the reason for no answer. */
export type Answer =
  /** The collector accepted the window, possibly without some of its points. */
  | { readonly kind: 'accepted'; readonly rejectedPoints: number; readonly remark: string | null }
  /** No verdict on the window itself: it is sent again unchanged until there is one. */
  | ({ readonly kind: 'unavailable'; readonly retryAfterSeconds: number | null } & Failure)
  /** The collector failed, possibly because of the window: it is sent again a few times. */
  | ({ readonly kind: 'broken' } & Failure)
  /** The window is larger than the collector or something before it accepts. */
  | ({ readonly kind: 'too large' } & Failure)
  /** The collector refused this window. */
  | ({ readonly kind: 'refused' } & Failure);

/** The reason with which an `AbortSignal` of `Transport.send` is aborted. */
export type AbortReason = Failure;

/** The answer after `signal` was aborted. */
export function abortedAnswer(signal: AbortSignal): Answer {
  return { kind: 'unavailable', ...(signal.reason as AbortReason), retryAfterSeconds: null };
}

/** Sends the bytes of windows to a collector: one request and one answer per window. */
export interface Transport {
  /** The endpoint for logs, without credentials. */
  readonly target: string;
  /** The proxy for logs; null without one. */
  readonly proxy: string | null;
  /**
   * Sends the bytes of one window unchanged. Never rejects. Settles soon after `signal` is aborted, whatever the
   * collector does, and then as `unavailable` with the signal's reason (an `AbortReason`): the caller
   * sets the deadline. Not called again before it has settled.
   */
  send(body: Uint8Array, signal: AbortSignal): Promise<Answer>;
  /** Closes connections. Pending requests settle. */
  close(): void;
}

/** Maximum characters of a collector's text in messages. */
export const LONGEST_TEXT = 300;

/** Maximum wait that a collector can request: a longer one might be meant in milliseconds. */
const LONGEST_RETRY_SECONDS = 3600;

/** The requested wait within its bounds; null for NaN. */
export function retrySeconds(requested: number): number | null {
  return Number.isNaN(requested) ? null : Math.min(Math.max(requested, 0), LONGEST_RETRY_SECONDS);
}

export const CREDENTIALS_HINT = ' (are the credentials in the headers right?)';

/** A failure of no special kind, with `message` as part of a sentence. */
export function otherFailure(message: string): Failure {
  return { cause: 'other', reason: printable(message.slice(0, LONGEST_TEXT)).replace(/\.$/, '') };
}
