import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Clock } from '../../sampling/pace.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import { Backlog, type BacklogLimits, type WaitingWindow } from './backlog.ts';
import { Backoff } from './backoff.ts';
import type { Delivery, DeliveryCounts } from './delivery.ts';
import { DeliveryTally } from './delivery-tally.ts';
import type { Encoding } from './otlp-encoding.ts';
import { OutcomeLog } from './outcome-log.ts';
import type { Answer, Transport } from './transport.ts';

/** A window at which the collector failed so often is set aside: it may be the window's fault. */
const MOST_FAILURES = 10;

export interface QueuedDeliveryOptions {
  readonly encoding: Encoding;
  readonly transport: Transport;
  readonly limits: BacklogLimits;
  /** Total seconds that one try of one window may take, its answer included. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Numbers from 0 up to 1; `Math.random` if not given. */
  readonly random?: () => number;
}

/**
 * Makes bytes of each window once, and sends them, one window at a time and in order, until they are answered. New
 * windows queue behind those that wait; what comes back is drained without a pause.
 */
export class QueuedDelivery implements Delivery {
  readonly #options: QueuedDeliveryOptions;
  readonly #backlog: Backlog;
  readonly #backoff: Backoff;
  readonly #outcomes: OutcomeLog;
  readonly #tally = new DeliveryTally();
  /** Settles when nothing is left to send, or when it was stopped. */
  #drained: Promise<void> = Promise.resolve();
  #isDraining = false;
  #inFlight: AbortController | null = null;
  /** Ends the wait for the next try. */
  #endPause: (() => void) | null = null;
  #pauseWasAsked = false;
  #stopped = false;

  constructor(options: QueuedDeliveryOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.limits);
    this.#backoff = new Backoff(options.random ?? Math.random);
    this.#outcomes = new OutcomeLog(options.log, options.transport.target);
  }

  get counts(): DeliveryCounts {
    return this.#tally.counts(this.#backlog);
  }

  send(metrics: ResourceMetrics): void {
    const { encoding, clock } = this.#options;
    if (this.#stopped) {
      this.#tally.failed();
      return;
    }
    try {
      this.#noteDropped(this.#backlog.add(encoding.encode(metrics), clock.monotonicSeconds()));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#tally.failed();
      this.#outcomes.lost(`it could not be serialized: ${printable(text)}`);
    }
    if (!this.#isDraining) this.#drained = this.#drain();
  }

  async shutdown(seconds: number): Promise<void> {
    const { clock, transport } = this.#options;
    // The last chance comes now, unless the collector itself asked to be left alone.
    this.#backoff.reset();
    if (!this.#pauseWasAsked) this.#endPause?.();
    const cancel = clock.after(Math.max(seconds, 0), () => {
      this.#stopped = true;
      this.#inFlight?.abort('the run ended before it was answered');
      this.#endPause?.();
    });
    await this.#drained;
    cancel();
    this.#stopped = true;
    transport.close();
    const left = this.#backlog.clear();
    this.#tally.givenUp(left);
    this.#outcomes.givenUp(left);
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (!this.#stopped) {
      this.#noteDropped(this.#backlog.dropOutdated(this.#options.clock.monotonicSeconds()));
      const window = this.#backlog.take();
      if (window === null) break;
      const pauseSeconds = this.#note(window, await this.#try(window));
      if (pauseSeconds > 0 && !this.#stopped) await this.#pause(pauseSeconds);
    }
    this.#isDraining = false;
  }

  async #try({ body }: WaitingWindow): Promise<Answer> {
    const { clock, timeoutSeconds, transport } = this.#options;
    const controller = new AbortController();
    const cancel = clock.after(timeoutSeconds, () =>
      controller.abort(`it did not answer within ${timeoutSeconds} s`),
    );
    this.#inFlight = controller;
    try {
      return await transport.send(body, controller.signal);
    } finally {
      cancel();
      this.#inFlight = null;
    }
  }

  /** Books an answer, and returns the seconds until the next try. */
  #note(window: WaitingWindow, answer: Answer): number {
    switch (answer.kind) {
      case 'accepted':
        this.#backlog.settle();
        this.#backoff.reset();
        this.#tally.delivered(answer.rejectedPoints);
        this.#outcomes.delivered(answer.rejectedPoints, answer.remark, this.#backlog.length);
        return 0;
      case 'unavailable':
        this.#backlog.putBack();
        return this.#away(answer.reason, answer.retryAfterSeconds);
      case 'broken':
        window.failures++;
        if (window.failures >= MOST_FAILURES) {
          this.#setAside(`${answer.reason}, ${MOST_FAILURES} times`);
          return 0;
        }
        this.#backlog.putBack();
        return this.#away(answer.reason, null);
      case 'refused':
        this.#setAside(answer.reason);
        return 0;
    }
  }

  #away(reason: string, retryAfterSeconds: number | null): number {
    // What is cut off at the end of a run says nothing of the collector.
    if (this.#stopped) return 0;
    this.#tally.away();
    this.#outcomes.away(reason);
    this.#pauseWasAsked = retryAfterSeconds !== null;
    return this.#backoff.next(retryAfterSeconds ?? 0);
  }

  #setAside(reason: string): void {
    this.#backlog.settle();
    this.#backoff.reset();
    this.#tally.setAside(reason);
    this.#outcomes.lost(reason);
  }

  #noteDropped(windows: number): void {
    if (windows === 0) return;
    const reason = 'more windows wait than there is room for, or for too long, so the oldest were dropped';
    this.#tally.dropped(windows, reason);
    this.#outcomes.lost(reason);
  }

  async #pause(seconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(seconds, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
    this.#endPause = null;
    this.#pauseWasAsked = false;
  }
}
