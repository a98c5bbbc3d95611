import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import type { Delivery, DeliveryCounts, Sender, SendOutcome } from './delivery.ts';
import { OutcomeLog } from './outcome-log.ts';

/** Windows that wait while one is on its way. */
const QUEUE_LIMIT = 6;

export interface QueuedDeliveryOptions {
  readonly sender: Sender;
  /** Total seconds that one window may take, retries and answer included. */
  readonly timeoutSeconds: number;
  readonly queueLimit?: number;
  readonly log: Log;
}

/**
 * Sends windows one at a time, in order. While one is on its way a few wait; beyond that the oldest of them is lost, and
 * counted. Each has a total deadline: what does not end by itself is cut off.
 */
export class QueuedDelivery implements Delivery {
  readonly #sender: Sender;
  readonly #timeoutSeconds: number;
  readonly #queueLimit: number;
  readonly #outcomes: OutcomeLog;
  readonly #queue: ResourceMetrics[] = [];
  #counts: DeliveryCounts = { delivered: 0, failed: 0, rejectedPoints: 0 };
  /** Settles when nothing is left to send; null when idle. */
  #draining: Promise<void> | null = null;
  #inFlight: AbortController | null = null;
  /** Set once `shutdown` ran out of time, or ended: nothing is sent any more, for this reason. */
  #stopped: string | null = null;

  constructor({ sender, timeoutSeconds, queueLimit = QUEUE_LIMIT, log }: QueuedDeliveryOptions) {
    this.#sender = sender;
    this.#timeoutSeconds = timeoutSeconds;
    this.#queueLimit = queueLimit;
    this.#outcomes = new OutcomeLog(log, sender.target);
  }

  get counts(): DeliveryCounts {
    return this.#counts;
  }

  send(metrics: ResourceMetrics): void {
    if (this.#stopped !== null) {
      this.#note({ kind: 'failed', reason: this.#stopped });
      return;
    }
    this.#queue.push(metrics);
    if (this.#draining === null) this.#draining = this.#drain();
    if (this.#queue.length <= this.#queueLimit) return;
    this.#queue.shift();
    this.#note({
      kind: 'failed',
      reason: `${this.#queueLimit} windows were waiting already, so the oldest was dropped`,
    });
  }

  async shutdown(seconds: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#stopped = 'the run ended before it could be delivered';
      this.#inFlight?.abort(this.#stopped);
    }, Math.max(seconds, 0) * 1000);
    await this.#draining;
    clearTimeout(timer);
    this.#stopped ??= 'the run had ended';
    this.#sender.close();
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#note(
        this.#stopped === null ? await this.#sendOne(next) : { kind: 'failed', reason: this.#stopped },
      );
    }
    this.#draining = null;
  }

  async #sendOne(metrics: ResourceMetrics): Promise<SendOutcome> {
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(`it was not done within ${this.#timeoutSeconds} s`),
      this.#timeoutSeconds * 1000,
    );
    this.#inFlight = controller;
    try {
      return await this.#sender.send(metrics, controller.signal);
    } catch (error) {
      return { kind: 'failed', reason: printable(error instanceof Error ? error.message : String(error)) };
    } finally {
      clearTimeout(timer);
      this.#inFlight = null;
    }
  }

  #note(outcome: SendOutcome): void {
    const { delivered, failed, rejectedPoints } = this.#counts;
    this.#counts =
      outcome.kind === 'failed'
        ? { delivered, failed: failed + 1, rejectedPoints }
        : { delivered: delivered + 1, failed, rejectedPoints: rejectedPoints + outcome.rejectedPoints };
    this.#outcomes.note(outcome);
  }
}
