import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** Which limit made a window go: the time it may wait, the room in the spool, or the room in memory. */
export const DROP_REASONS = ['age', 'disk', 'memory'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/**
 * How delivery fares. `idle`: nothing was answered yet. `delivered`: the last answer was a success. `spooling`: the collector is
 * away, and nothing is lost so far. `failing`: windows are being lost or quarantined.
 */
export type DeliveryState = 'idle' | 'delivered' | 'spooling' | 'failing';

/**
 * What became of windows. Each that this run made, or found in its spool, is counted once: in `delivered`, `failed` or
 * `spooled`.
 */
export interface DeliveryCounts {
  /** Windows that the other side took, wholly or in part. */
  readonly delivered: number;
  /** Windows that it will never get: dropped, quarantined, torn, or given up at the end. */
  readonly failed: number;
  /** Points that it refused of windows that it took. */
  readonly rejectedPoints: number;
  /** Windows that wait now, the one on its way included; after `shutdown`, those that the next run will send. */
  readonly spooled: number;
  /** Bytes that those take in the spool, or in memory where there is none. */
  readonly spoolBytes: number;
  /** Of `failed`: those for which there was no room, or that were too old. */
  readonly dropped: number;
  /** Of `dropped`: by the limit that was reached. */
  readonly droppedBy: Readonly<Record<DropReason, number>>;
  /** Of `failed`: those that the collector refused for good. They are kept where there is a spool. */
  readonly setAside: number;
  readonly state: DeliveryState;
  /** The state for people, short and printable: `delivered`, `spooling 12 windows`, `failing: …`. */
  readonly stateText: string;
}

/** Of a delivery before its first window. */
export const NOTHING_DELIVERED: DeliveryCounts = {
  delivered: 0,
  failed: 0,
  rejectedPoints: 0,
  spooled: 0,
  spoolBytes: 0,
  dropped: 0,
  droppedBy: { age: 0, disk: 0, memory: 0 },
  setAside: 0,
  state: 'idle',
  stateText: 'nothing sent yet',
};

/** Takes windows, or batches of spans, oldest first, and brings them to where they go. */
export interface Delivery<Content = ResourceMetrics> {
  /** Takes one window. Returns at once; neither blocks nor throws. */
  send(content: Content): void;
  readonly counts: DeliveryCounts;
  /**
   * Delivers what it still holds within `seconds`; what is left then stays in the spool, or has failed where there is
   * none. Called again, the shorter time counts. Never rejects, never hangs.
   */
  shutdown(seconds: number): Promise<void>;
}
