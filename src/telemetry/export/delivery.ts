import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** The limit by which a window was dropped: its age, the size of the spool, or the buffer in memory. */
export const DROP_REASONS = ['age', 'disk', 'memory'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/**
 * State of delivery. `idle`: no answer yet. `delivered`: the last answer was a success. `spooling`: the collector is
 * unavailable, and nothing is lost so far. `failing`: windows are being lost or quarantined.
 */
export type DeliveryState = 'idle' | 'delivered' | 'spooling' | 'failing';

/**
 * Counts of windows by outcome. Each window of this run or its spool is counted once: in `delivered`, `failed` or
 * `spooled`.
 */
export interface DeliveryCounts {
  /** Windows that the collector accepted, wholly or in part. */
  readonly delivered: number;
  /** Windows that it will never get: dropped, quarantined, incomplete, or given up at the end. */
  readonly failed: number;
  /** Points that it rejected in accepted windows. */
  readonly rejectedPoints: number;
  /** Windows buffered now, the one being sent included; after `shutdown`, those that the next run will send. */
  readonly spooled: number;
  /** Bytes of these in the spool, or in memory without a spool. */
  readonly spoolBytes: number;
  /** Part of `failed`: windows that exceeded a limit of size or age. */
  readonly dropped: number;
  /** `dropped` by limit. */
  readonly droppedBy: Readonly<Record<DropReason, number>>;
  /** Part of `failed`: windows that the collector refused. They are kept in the spool, if there is one. */
  readonly setAside: number;
  readonly state: DeliveryState;
  /** The state for people, short and printable: `delivered`, `buffering 12 windows`, `failing: …`. */
  readonly stateText: string;
}

/** Counts before the first window. */
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

/** Delivers windows, or batches of spans, oldest first. */
export interface Delivery<Content = ResourceMetrics> {
  /** Adds one window. Returns at once; neither blocks nor throws. */
  send(content: Content): void;
  readonly counts: DeliveryCounts;
  /**
   * Delivers buffered windows within `seconds`; the rest stays in the spool, or counts as failed without a spool.
   * none. Called again, the shorter time counts. Never rejects, never hangs.
   */
  shutdown(seconds: number): Promise<void>;
}
