import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../text/log.ts';
import { Backlog, type BacklogLimits, type WaitingWindow } from './backlog.ts';
import type { DeliveryCounts, DropReason } from './delivery.ts';
import { limitText, tooLarge } from './limit-text.ts';
import type { EncodingName } from './otlp-encoding.ts';
import { DeliveryTally, OutcomeLog } from './outcome-log.ts';
import { SIGNALS, type SignalName } from './signal.ts';
import type { SpoolDirectory } from './spool/spool-directory.ts';
import type { AbortReason, Answer, Failure, Transport } from './transport.ts';
import { WindowParts } from './window-parts.ts';

const FIRST_SECONDS = 0.5;

const LONGEST_SECONDS = 30;

/** Pause before the next try: twice as long each time, less a random part of up to half. */
class Backoff {
  readonly #random: () => number;
  #seconds = FIRST_SECONDS;

  /** `random` returns numbers from 0 (included) to 1 (excluded). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** In seconds; never less than `leastSeconds`, which the collector requested. */
  next(leastSeconds: number): number {
    const seconds = this.#seconds * (1 - this.#random() / 2);
    this.#seconds = Math.min(this.#seconds * 2, LONGEST_SECONDS);
    // Instances with the same retry time should not retry at once.
    return leastSeconds > seconds ? leastSeconds * (1 + this.#random() / 10) : seconds;
  }

  reset(): void {
    this.#seconds = FIRST_SECONDS;
  }
}

/** A window with which the collector failed this often is quarantined: the window may be the cause. */
const MOST_FAILURES = 10;

const NOTHING_WAITS = { length: 0, bytes: 0 };

export interface DeliveryQueueOptions {
  /** `metrics` if not given. */
  readonly signal?: SignalName;
  /** Encoding of the windows that are added. */
  readonly encoding: { readonly name: EncodingName; release?(body: Uint8Array): void };
  /** For windows of this encoding. */
  readonly transport: Transport;
  /** Opens a transport for windows of an earlier run with another encoding; null if they cannot be sent. */
  readonly transportOf: (encoding: EncodingName) => Transport | null;
  readonly limits: BacklogLimits;
  /** Null: windows are buffered only in memory. Owned by the queue from now on. */
  readonly spool: SpoolDirectory | null;
  /** The spool is deleted soon after the program ends, like a volume of a pod: no next run sends its windows. */
  readonly isSpoolTemporary?: boolean;
  /** The endpoint is the default: at the end of a run, do not wait if nothing listens there. False if not given. */
  readonly isDefaultEndpoint?: boolean;
  /** Seconds for one try of one window, its answer included. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Returns numbers from 0 (included) to 1 (excluded); `Math.random` if not given. */
  readonly random?: () => number;
}

/**
 * Sends the bytes of windows, one window at a time and in order, until they are answered. New windows are queued behind
 * buffered ones; a backlog is sent without pauses.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  readonly #backlog: Backlog;
  readonly #backoff: Backoff;
  readonly #outcomes: OutcomeLog;
  readonly #parts: WindowParts;
  readonly #tally = new DeliveryTally();
  /** Settles when nothing is left to send, or when the queue was stopped. */
  #drained: Promise<void> = Promise.resolve();
  #isDraining = false;
  readonly #transports: Map<EncodingName, Transport | null>;
  #inFlight: AbortController | null = null;
  /** Ends the wait for the next try. */
  #endPause: (() => void) | null = null;
  #pauseWasAsked = false;
  #ending = false;
  /** Seconds of waiting at the end; 0 after that was logged. */
  #endSeconds = 0;
  #stopped = false;
  #isClosed = false;
  /** Windows left in a temporary spool at the end, which count as failed. */
  #abandoned = 0;

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random ?? Math.random);
    this.#parts = new WindowParts(options.clock);
    const signal = options.signal ?? 'metrics';
    this.#outcomes = new OutcomeLog(options.log, options.transport, options.clock, signal);
    this.#transports = new Map([[options.encoding.name, options.transport]]);
    this.#backlog = new Backlog({
      ...options,
      signal,
      encoding: options.encoding.name,
      notes: {
        dropped: (reason, windows) => this.#noteDropped(reason, windows),
        unreadable: (reason) => this.#noteUnreadable(reason),
        diskFailed: (reason) => this.#outcomes.diskFailed(reason),
        diskWorks: () => this.#outcomes.diskWorks(),
      },
    });
    this.#wake();
  }

  get counts(): DeliveryCounts {
    return this.#tally.counts(this.#abandoned === 0 ? this.#backlog : NOTHING_WAITS);
  }

  /** Adds the bytes of a window, in the encoding of the options; the caller must not change them any more. Never throws. */
  add(body: Uint8Array): void {
    if (this.#stopped) {
      this.#tally.givenUp(1);
      return;
    }
    this.#backlog.add(body);
    this.#wake();
  }

  /** Counts a window that could not be encoded. `reason` is printable. */
  lose(reason: string): void {
    this.#tally.failed(reason);
    this.#outcomes.lost('unserializable', reason);
  }

  /** Settles when nothing is buffered any more, or when the queue was stopped. */
  get drained(): Promise<void> {
    return this.#drained;
  }

  /** See `Delivery.shutdown`. */
  async shutdown(seconds: number): Promise<void> {
    const { clock } = this.#options;
    this.#ending = true;
    this.#endSeconds = seconds;
    // Try once more now, unless the collector itself requested a pause.
    this.#backoff.reset();
    if (!this.#pauseWasAsked) this.#endPause?.();
    else if (this.#isSafe) this.#stop();
    const cancel = clock.after(Math.max(seconds, 0), () => this.#stop());
    await this.#drained;
    cancel();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopped = true;
    for (const transport of this.#transports.values()) transport?.close();
    const lost = this.#backlog.close();
    this.#tally.givenUp(lost);
    this.#outcomes.givenUp(lost);
    if (this.#options.isSpoolTemporary !== true) {
      this.#outcomes.leftBehind(this.#backlog.length);
      return;
    }
    // The files stay: if only the container restarts, the next run finds and sends them.
    this.#abandoned = this.#backlog.length;
    this.#tally.givenUp(this.#abandoned);
    this.#outcomes.abandoned(this.#abandoned);
  }

  /** Whether the next run would send all buffered windows. */
  get #isSafe(): boolean {
    return this.#options.isSpoolTemporary !== true && this.#backlog.isSafe;
  }

  #stop(): void {
    this.#stopped = true;
    this.#inFlight?.abort({
      cause: 'end',
      reason: 'the run ended before the answer came',
    } satisfies AbortReason);
    this.#endPause?.();
  }

  #wake(): void {
    if (!this.#isDraining) this.#drained = this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (!this.#stopped) {
      this.#backlog.makeRoom();
      const next = this.#backlog.take();
      if (next === null) break;
      const body = this.#parts.next(next.window, next.body);
      const pauseSeconds = this.#note(next.window, await this.#try(next.window, body));
      if (pauseSeconds > 0 && !this.#stopped) await this.#pause(pauseSeconds);
    }
    this.#isDraining = false;
  }

  async #try({ stored }: WaitingWindow, body: Uint8Array): Promise<Answer> {
    const { clock, timeoutSeconds, encoding } = this.#options;
    const transport = this.#transportOf(stored.encoding);
    if (transport === null) {
      const [one] = SIGNALS[stored.signal].request;
      const reason = `a ${one} of a previous run is encoded as ${stored.encoding}, and this protocol sends ${encoding.name}`;
      return { kind: 'refused', cause: 'encoding', reason };
    }
    const controller = new AbortController();
    const cancel = clock.after(timeoutSeconds, () =>
      controller.abort({
        cause: 'timeout',
        reason: `no complete answer within ${timeoutSeconds} s (--export-timeout)`,
      } satisfies AbortReason),
    );
    this.#inFlight = controller;
    try {
      return await transport.send(body, controller.signal);
    } finally {
      cancel();
      this.#inFlight = null;
    }
  }

  #transportOf(encoding: EncodingName): Transport | null {
    let transport = this.#transports.get(encoding);
    if (transport === undefined) {
      transport = this.#options.transportOf(encoding);
      this.#transports.set(encoding, transport);
    }
    return transport;
  }

  /** Counts an answer, and returns the seconds until the next try. */
  #note(window: WaitingWindow, answer: Answer): number {
    switch (answer.kind) {
      case 'accepted':
        return this.#accepted(window, answer);
      case 'unavailable':
        this.#backlog.putBack();
        return this.#unavailable(answer, answer.retryAfterSeconds);
      case 'broken':
        window.failures++;
        if (window.failures >= MOST_FAILURES) {
          this.#setAside({ ...answer, reason: `${answer.reason} (${MOST_FAILURES} tries)` });
          return 0;
        }
        this.#backlog.putBack();
        return this.#unavailable(answer, null);
      case 'too large':
        return this.#tooLarge(window, answer);
      case 'refused':
        this.#setAside(answer);
        return 0;
    }
  }

  #accepted(
    window: WaitingWindow,
    { rejectedPoints, remark }: Extract<Answer, { kind: 'accepted' }>,
  ): number {
    this.#backoff.reset();
    const isWhole = !this.#parts.accepted(window);
    if (isWhole) {
      this.#backlog.settle();
      this.#release(window);
    } else this.#backlog.putBack();
    window.failures = 0;
    this.#tally.rejected(rejectedPoints);
    if (isWhole) this.#tally.delivered();
    this.#outcomes.delivered(rejectedPoints, remark, this.#backlog.length);
    return 0;
  }

  /** The collector has answered, so that it needs no more bytes of the window. */
  #release({ body, stored }: WaitingWindow): void {
    const { encoding } = this.#options;
    if (body !== null && stored.encoding === encoding.name) encoding.release?.(body);
  }

  #tooLarge(window: WaitingWindow, failure: Failure): number {
    const { bytes } = window.stored;
    if (this.#parts.refused(window)) {
      this.#outcomes.split(failure, bytes);
      this.#backlog.putBack();
    } else this.#setAside({ ...failure, reason: `${failure.reason}; ${tooLarge(bytes)}` });
    return 0;
  }

  #unavailable(failure: Failure, retryAfterSeconds: number | null): number {
    // A request that was aborted at the end of a run says nothing about the collector.
    if (this.#stopped) return 0;
    this.#tally.away();
    this.#outcomes.unavailable(failure, this.#backlog.length);
    // The end of the program does not wait for an unavailable collector.
    if (this.#ending && (this.#isSafe || this.#isNobodyThere(failure))) {
      this.#stopped = true;
      return 0;
    }
    if (this.#ending && this.#endSeconds > 0) {
      this.#outcomes.waiting(this.#endSeconds, this.#backlog.length);
      this.#endSeconds = 0;
    }
    this.#pauseWasAsked = retryAfterSeconds !== null;
    return this.#backoff.next(retryAfterSeconds ?? 0);
  }

  /** Nothing listens at the default endpoint, and nothing did in this run. */
  #isNobodyThere({ cause }: Failure): boolean {
    const isRefused = cause === 'ECONNREFUSED' || cause === 'no connection';
    return isRefused && this.#options.isDefaultEndpoint === true && this.counts.delivered === 0;
  }

  #setAside(failure: Failure): void {
    const isKept = this.#backlog.setAside();
    this.#backoff.reset();
    this.#tally.setAside(failure.reason);
    this.#outcomes.rejected(failure, isKept);
  }

  #noteDropped(reason: DropReason, windows: number): void {
    const text = limitText(reason, this.#options.limits);
    this.#tally.dropped(reason, windows, text);
    this.#outcomes.dropped(reason, windows, text);
  }

  #noteUnreadable(reason: string): void {
    const text = `cannot read it from the spool: ${reason}`;
    this.#tally.failed(text);
    this.#outcomes.lost('unreadable', text);
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
