/** What a collector said of one window, or why nothing was heard of it. Texts are said to people: printable, one line. */
export type Answer =
  /** It is the collector's now, perhaps without some of its points. */
  | { readonly kind: 'accepted'; readonly rejectedPoints: number; readonly remark: string | null }
  /** Nothing was said of the window itself: it is sent again, as it is, until it has been answered. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterSeconds: number | null }
  /** The collector failed at it. It may be the window's fault: it is sent again a few times. */
  | { readonly kind: 'broken'; readonly reason: string }
  /** The collector will never take this window. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Brings the bytes of windows to a collector: one request is one window, and gets one answer. */
export interface Transport {
  /** Where it sends to, as logs say it: without credentials. */
  readonly target: string;
  /**
   * Sends the bytes of one window as they are. Never rejects. Settles soon after `signal` is aborted, whatever the
   * other side does, and then as `unavailable` with the signal's reason: a deadline in all is the caller's. Not called
   * again before it is settled.
   */
  send(body: Uint8Array, signal: AbortSignal): Promise<Answer>;
  /** Lets go of connections. What is under way settles. */
  close(): void;
}

/** The longest text of a collector's that is repeated. */
export const LONGEST_TEXT = 300;
