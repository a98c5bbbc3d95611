import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../text/log.ts';
import { type DeliveryCounts, type DeliveryState, type DropReason, NOTHING_DELIVERED } from './delivery.ts';
import { tooLarge } from './limit-text.ts';
import { SIGNALS, type SignalName } from './signal.ts';
import type { Failure, Transport } from './transport.ts';

/** Counts windows by outcome, and keeps the state of delivery. */
export class DeliveryTally {
  #delivered = 0;
  #failed = 0;
  #rejectedPoints = 0;
  readonly #droppedBy: Record<DropReason, number> = { age: 0, disk: 0, memory: 0 };
  #setAside = 0;
  #state: DeliveryState = 'idle';
  #failure = '';

  /** The counts, with the windows buffered now. */
  counts(waiting: { readonly length: number; readonly bytes: number }): DeliveryCounts {
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      rejectedPoints: this.#rejectedPoints,
      spooled: waiting.length,
      spoolBytes: waiting.bytes,
      dropped: this.#droppedBy.age + this.#droppedBy.disk + this.#droppedBy.memory,
      droppedBy: { ...this.#droppedBy },
      setAside: this.#setAside,
      state: this.#state,
      stateText: this.#text(waiting.length),
    };
  }

  delivered(): void {
    this.#delivered++;
    this.#state = 'delivered';
  }

  /** Counts rejected points of an accepted window. */
  rejected(points: number): void {
    this.#rejectedPoints += points;
  }

  /** The collector is unavailable; no window is lost so far. */
  away(): void {
    if (this.#state !== 'failing') this.#state = 'spooling';
  }

  /** `failure` is short and printable. */
  dropped(reason: DropReason, windows: number, failure: string): void {
    this.#droppedBy[reason] += windows;
    this.#fail(windows, failure);
  }

  setAside(failure: string): void {
    this.#setAside++;
    this.#fail(1, failure);
  }

  /** A window was lost in another way: incomplete, or not encodable. */
  failed(failure: string): void {
    this.#fail(1, failure);
  }

  /** Windows were lost because the run ends. */
  givenUp(windows: number): void {
    this.#failed += windows;
  }

  #fail(windows: number, failure: string): void {
    this.#failed += windows;
    this.#state = 'failing';
    this.#failure = failure;
  }

  #text(waiting: number): string {
    switch (this.#state) {
      case 'idle':
        return NOTHING_DELIVERED.stateText;
      case 'delivered':
        return 'delivered';
      case 'spooling':
        return `buffering ${waiting} ${waiting === 1 ? 'window' : 'windows'}`;
      case 'failing':
        return `failing: ${this.#failure}`;
    }
  }
}

/** In seconds: a continuing failure is logged again after this time, with the number of failures since. */
const REPEAT_SECONDS = 600;
/** In seconds: a failure after this time without failures is a new outage, which is logged at once. */
const NEW_OUTAGE_SECONDS = 60;

/** Log state of one kind of event. */
interface Kind {
  loggedAtSeconds: number;
  /** Number of events since it was logged. */
  unlogged: number;
}

/**
 * Logs the outcome of windows, by kind: a kind is logged when it is new, and again every ten minutes while it continues,
 * with its latest text. Texts of collectors vary with every request (identifiers, times), so they are never the key. Kinds
 * come from closed sets (`Failure.cause`), so no cap is needed, and a new kind is never silent.
 */
export class OutcomeLog {
  readonly #log: Log;
  readonly #target: string;
  /** With the proxy, if there is one. */
  readonly #collector: string;
  readonly #clock: Clock;
  readonly #signal: SignalName;
  readonly #kinds: Map<string, Kind> = new Map();
  /** Since when windows are accepted without a failure; null during an outage. */
  #acceptedSinceSeconds: number | null = null;
  /** Whether an outage was logged that has not ended. */
  #isOutageLogged = false;
  /** Whether a failure of the disk was logged that has not ended. */
  #isDiskFailureLogged = false;

  constructor(
    log: Log,
    { target, proxy }: Pick<Transport, 'target' | 'proxy'>,
    clock: Clock,
    signal: SignalName = 'metrics',
  ) {
    this.#log = log;
    this.#target = target;
    this.#collector = `collector ${target}${proxy === null ? '' : ` through ${proxy}`}`;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** The collector does not accept windows now; `waiting` of them are buffered. */
  unavailable({ cause, reason }: Failure, waiting: number): void {
    const now = this.#clock.monotonicSeconds();
    if (this.#acceptedSinceSeconds !== null && now - this.#acceptedSinceSeconds >= NEW_OUTAGE_SECONDS) {
      this.#kinds.clear();
    }
    this.#acceptedSinceSeconds = null;
    const times = this.#timesToLog(`unavailable ${cause}`);
    if (times === 0) return;
    this.#isOutageLogged = true;
    const again = times === 1 ? '' : `; ${times} failed requests since this was last logged`;
    this.#log.warn(
      { target: this.#target, cause, reason, failures: times, waiting },
      `${this.#collector}: ${reason}; buffering ${this.#signal} (${this.#counted(waiting)})${again}`,
    );
  }

  /** The collector refused a window, which is kept in the spool if `isKept`. */
  rejected({ cause, reason }: Failure, isKept: boolean): void {
    const times = this.#timesToLog(`rejected ${cause}`);
    if (times === 0) return;
    const fate = isKept ? 'kept in set-aside/ of the spool' : 'dropped';
    this.#log.warn(
      { target: this.#target, cause, reason, windows: times },
      `${this.#collector} rejected ${this.#counted(times)}: ${reason}; ${fate}`,
    );
  }

  /** The collector found a window of this many bytes too large; it is sent in parts. */
  split({ cause, reason }: Failure, bytes: number): void {
    if (this.#timesToLog('split') === 0) return;
    this.#log.warn(
      { target: this.#target, cause, reason, bytes },
      `${this.#collector}: ${reason}; sending ${SIGNALS[this.#signal].request[1]} in parts: ${tooLarge(bytes)}`,
    );
  }

  /** Windows were dropped because a limit was reached. `text` names the limit and its option. */
  dropped(reason: DropReason, windows: number, text: string): void {
    const total = this.#timesToLog(`dropped ${reason}`, windows);
    if (total > 0)
      this.#log.warn({ reason, windows: total }, `dropped ${this.#counted(total, 'export ')}: ${text}`);
  }

  /** A window was lost before it could be sent. `kind` is from a closed set. */
  lost(kind: 'unreadable' | 'unserializable', text: string): void {
    const times = this.#timesToLog(`lost ${kind}`);
    if (times === 0) return;
    this.#log.warn({ reason: text, windows: times }, `dropped ${this.#counted(times, 'export ')}: ${text}`);
  }

  /** The spool cannot be written. */
  diskFailed(reason: string): void {
    if (this.#isDiskFailureLogged) return;
    // A disk that is nearly full accepts some windows and refuses others.
    if (this.#timesToLog('disk failed') === 0) return;
    this.#isDiskFailureLogged = true;
    this.#log.warn(
      { reason },
      `spool directory not writable: ${reason}; buffering ${this.#signal} in memory`,
    );
  }

  /** The spool can be written again. */
  diskWorks(): void {
    if (this.#isDiskFailureLogged) this.#log.info({}, 'spool directory writable again');
    this.#isDiskFailureLogged = false;
  }

  /** The run has ended, and windows are still buffered. */
  waiting(seconds: number, windows: number): void {
    this.#log.info(
      { target: this.#target, windows, seconds },
      `waiting up to ${seconds} s for ${this.#collector} to accept ${this.#counted(windows)}; a second interrupt (Ctrl-C or SIGTERM) skips the wait`,
    );
  }

  /** Windows stay in the spool, because the run ends. */
  leftBehind(windows: number): void {
    if (windows === 0) return;
    this.#log.info(
      { target: this.#target, windows },
      `${this.#counted(windows)} left in the spool for the next run`,
    );
  }

  /** Windows are left in a spool that is deleted with the pod. */
  abandoned(windows: number): void {
    if (windows === 0) return;
    this.#log.warn(
      { target: this.#target, windows },
      `lost ${this.#counted(windows, 'export ')}: the run ended before ${this.#collector} accepted ${pronounOf(windows)}, and the spool is deleted with the pod; if only the container restarts, the next run sends ${pronounOf(windows)}`,
    );
  }

  /** Windows are given up, because the run ends. */
  givenUp(windows: number): void {
    if (windows === 0) return;
    this.#log.warn(
      { target: this.#target, windows },
      `dropped ${this.#counted(windows, 'export ')}: the run ended before ${this.#collector} accepted ${pronounOf(windows)}`,
    );
  }

  /** The collector accepted a window; `waiting` are still buffered. */
  delivered(rejectedPoints: number, remark: string | null, waiting: number): void {
    this.#acceptedSinceSeconds ??= this.#clock.monotonicSeconds();
    if (this.#isOutageLogged) {
      const rest = waiting === 0 ? '' : `; sending ${this.#counted(waiting, 'buffered ')}`;
      this.#log.info(
        { target: this.#target, waiting },
        `${this.#collector} accepts ${this.#signal} again${rest}`,
      );
      this.#isOutageLogged = false;
    }
    if (rejectedPoints === 0 && remark === null) return;
    const times = this.#timesToLog(rejectedPoints > 0 ? 'partial success' : 'remark');
    if (times === 0) return;
    const { items, request } = SIGNALS[this.#signal];
    const [one, many] = request;
    const what = rejectedPoints > 0 ? `rejected ${rejectedPoints} ${items} of a ${one}` : 'sent a warning';
    const again = times === 1 ? '' : ` (${times} ${many} since this was last logged)`;
    this.#log.warn(
      { target: this.#target, rejectedPoints, remark, windows: times },
      `${this.#collector} ${what}${remark === null ? '' : `: ${remark}`}${again}`,
    );
  }

  /** Number of events of a kind since it was logged, if it is due to be logged; otherwise 0. */
  #timesToLog(name: string, times = 1): number {
    const now = this.#clock.monotonicSeconds();
    const kind = this.#kinds.get(name);
    if (kind === undefined) {
      this.#kinds.set(name, { loggedAtSeconds: now, unlogged: 0 });
      return times;
    }
    kind.unlogged += times;
    if (now - kind.loggedAtSeconds < REPEAT_SECONDS) return 0;
    const total = kind.unlogged;
    kind.loggedAtSeconds = now;
    kind.unlogged = 0;
    return total;
  }

  /** `1 window`, `3 export windows`. */
  #counted(windows: number, adjective = ''): string {
    const [one, many] = SIGNALS[this.#signal].request;
    return windows === 1 ? `1 ${adjective}${one}` : `${windows} ${adjective}${many}`;
  }
}

function pronounOf(windows: number): string {
  return windows === 1 ? 'it' : 'them';
}
