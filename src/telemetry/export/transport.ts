import { printable } from '../../text/printable.ts';

/** Why a window was not taken. */
export interface Failure {
  /**
   * The kind of failure, for the log to tell a new one from a known one: `HTTP 503`, `gRPC UNAVAILABLE`, `ECONNREFUSED`,
   * `timeout`. From a closed set: texts of the collector are never part of it.
   */
  readonly cause: string;
  /** For people: printable, one line. Texts of the collector may vary with each request. */
  readonly reason: string;
}

/** How a collector answered one window, or why there was no answer. */
export type Answer =
  /** The collector has the window, perhaps without some of its points. */
  | { readonly kind: 'accepted'; readonly rejectedPoints: number; readonly remark: string | null }
  /** No verdict on the window itself: it is sent again, unchanged, until there is one. */
  | ({ readonly kind: 'unavailable'; readonly retryAfterSeconds: number | null } & Failure)
  /** The collector failed, perhaps because of the window: it is sent again a few times. */
  | ({ readonly kind: 'broken' } & Failure)
  /** The window is larger than the collector or something before it accepts. */
  | ({ readonly kind: 'too large' } & Failure)
  /** The collector will never take this window. */
  | ({ readonly kind: 'refused' } & Failure);

/** What an `AbortSignal` of `Transport.send` is aborted with. */
export type AbortReason = Failure;

/** The answer after `signal` was aborted. */
export function abortedAnswer(signal: AbortSignal): Answer {
  return { kind: 'unavailable', ...(signal.reason as AbortReason), retryAfterSeconds: null };
}

/** Brings the bytes of windows to a collector: one request is one window, and gets one answer. */
export interface Transport {
  /** The endpoint as logs show it: without credentials. */
  readonly target: string;
  /** The proxy between, as logs show it; null without one. */
  readonly proxy: string | null;
  /**
   * Sends the bytes of one window as they are. Never rejects. Settles soon after `signal` is aborted, whatever the
   * other side does, and then as `unavailable` with the signal's reason (an `AbortReason`): a deadline in all is the
   * caller's. Not called again before it is settled.
   */
  send(body: Uint8Array, signal: AbortSignal): Promise<Answer>;
  /** Lets go of connections. What is under way settles. */
  close(): void;
}

/** The longest text of a collector's that is repeated. */
export const LONGEST_TEXT = 300;

/** A failure of no kind of its own: what `message` says, as part of a sentence. */
export function otherFailure(message: string): Failure {
  return { cause: 'other', reason: printable(message.slice(0, LONGEST_TEXT)).replace(/\.$/, '') };
}
