import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** What became of the windows handed over so far. */
export interface DeliveryCounts {
  /** Windows that the other side took, wholly or in part. */
  readonly delivered: number;
  /** Windows that were lost. */
  readonly failed: number;
  /** Points that it refused of windows that it took. */
  readonly rejectedPoints: number;
}

/** Takes windows, oldest first, and brings them to where metrics go. */
export interface Delivery {
  /** Takes one window. Returns at once; neither blocks nor throws. */
  send(metrics: ResourceMetrics): void;
  readonly counts: DeliveryCounts;
  /** Delivers what it still holds within `seconds`; what is left then has failed. Never rejects, never hangs. */
  shutdown(seconds: number): Promise<void>;
}

/** What became of one window. `reason` is said to people: printable, one line. */
export type SendOutcome =
  | { readonly kind: 'delivered'; readonly rejectedPoints: number; readonly remark: string | null }
  | { readonly kind: 'failed'; readonly reason: string };

/** One try to bring one window over. */
export interface Sender {
  /** What is said of it in logs: where it sends to. */
  readonly target: string;
  /** Settles soon after `signal` is aborted, whatever the other side does. */
  send(metrics: ResourceMetrics, signal: AbortSignal): Promise<SendOutcome>;
  /** Lets go of connections. */
  close(): void;
}
