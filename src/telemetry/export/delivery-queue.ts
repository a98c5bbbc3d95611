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

/** How long to wait before the next try: twice as long each time, and by chance up to half of that less. */
class Backoff {
  readonly #random: () => number;
  #seconds = FIRST_SECONDS;

  /** `random` gives numbers from 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Seconds; never less than `leastSeconds`, which is what the other side asked for. */
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

/** A window at which the collector failed so often is quarantined: the window may be the cause. */
const MOST_FAILURES = 10;

const NOTHING_WAITS = { length: 0, bytes: 0 };

export interface DeliveryQueueOptions {
  /** `metrics` if not given. */
  readonly signal?: SignalName;
  /** Of the windows that are added. */
  readonly encoding: { readonly name: EncodingName };
  /** For windows of the encoding above. */
  readonly transport: Transport;
  /** Opens the one for windows of an earlier run that have another encoding; null where they cannot be sent. */
  readonly transportOf: (encoding: EncodingName) => Transport | null;
  readonly limits: BacklogLimits;
  /** Null: windows wait in memory alone. Its own from now on. */
  readonly spool: SpoolDirectory | null;
  /** The spool is deleted soon after the program ends, as a volume of a pod: no next run sends what is left in it. */
  readonly isSpoolTemporary?: boolean;
  /** Nobody named the collector: at the end of a run it is not waited for where nothing listens. False if not given. */
  readonly isDefaultEndpoint?: boolean;
  /** Total seconds that one try of one window may take, its answer included. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Numbers from 0 up to 1; `Math.random` if not given. */
  readonly random?: () => number;
}

/**
 * Sends the bytes of windows, one window at a time and in order, until they are answered. New windows queue behind
 * those that wait; what comes back is drained without a pause.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  readonly #backlog: Backlog;
  readonly #backoff: Backoff;
  readonly #outcomes: OutcomeLog;
  readonly #parts: WindowParts;
  readonly #tally = new DeliveryTally();
  /** Settles when nothing is left to send, or when it was stopped. */
  #drained: Promise<void> = Promise.resolve();
  #isDraining = false;
  readonly #transports: Map<EncodingName, Transport | null>;
  #inFlight: AbortController | null = null;
  /** Ends the wait for the next try. */
  #endPause: (() => void) | null = null;
  #pauseWasAsked = false;
  #ending = false;
  /** Seconds for which the end waits; 0 once that was logged. */
  #endSeconds = 0;
  #stopped = false;
  #isClosed = false;
  /** Windows in a temporary spool at the end, which are counted as failed. */
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

  /** Takes the bytes of a window, of the options' encoding, which stay as they are from now on. Never throws. */
  add(body: Uint8Array): void {
    if (this.#stopped) {
      this.#tally.givenUp(1);
      return;
    }
    this.#backlog.add(body);
    this.#wake();
  }

  /** Books a window of which no bytes could be made. `reason` is printable. */
  lose(reason: string): void {
    this.#tally.failed(reason);
    this.#outcomes.lost('unserializable', reason);
  }

  /** Settles when nothing waits any more, or when it was stopped. */
  get drained(): Promise<void> {
    return this.#drained;
  }

  /** As `Delivery.shutdown` says. */
  async shutdown(seconds: number): Promise<void> {
    const { clock } = this.#options;
    this.#ending = true;
    this.#endSeconds = seconds;
    // The last chance comes now, unless the collector itself asked to be left alone.
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

  /** Whether all that waits would be sent by the next run. */
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
      const reason = `a ${one} of a previous run is ${stored.encoding}, which this protocol does not send (it sends ${encoding.name})`;
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

  /** Books an answer, and returns the seconds until the next try. */
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
    if (isWhole) this.#backlog.settle();
    else this.#backlog.putBack();
    window.failures = 0;
    this.#tally.rejected(rejectedPoints);
    if (isWhole) this.#tally.delivered();
    this.#outcomes.delivered(rejectedPoints, remark, this.#backlog.length);
    return 0;
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
    // What is cut off at the end of a run says nothing of the collector.
    if (this.#stopped) return 0;
    this.#tally.away();
    this.#outcomes.unavailable(failure, this.#backlog.length);
    // The end of the program need not wait for a collector that is unavailable.
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

  /** Nothing listens at the default endpoint, or ever did. */
  #isNobodyThere({ cause }: Failure): boolean {
    const isRefused = cause === 'ECONNREFUSED' || cause === 'no connection';
    return isRefused && this.#options.isDefaultEndpoint === true && this.counts.delivered === 0;
  }

  #setAside(failure: Failure): void {
    this.#backlog.setAside();
    this.#backoff.reset();
    this.#tally.setAside(failure.reason);
    this.#outcomes.rejected(failure, this.#options.spool !== null);
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
