import type { Clock } from '../../host/clock.ts';
import type { Host } from '../../host/host.ts';
import { endOfChild } from '../../host/netlink/child-of-own.ts';
import { causeOwnEvents } from '../../host/netlink/own-events.ts';
import type { KernelCounts } from '../../ledger/document/run-document.ts';
import type { ExitRecordsMode } from '../../sampling/choices.ts';
import { type ExitBatch, ExitRecords, NO_EXITS } from '../../sampling/exit-records.ts';
import { NO_EVENTS, type ProcessEventBatch, ProcessEvents } from '../../sampling/process-events.ts';
import type { Sample } from '../../sampling/sample.ts';
import type { Log } from '../../text/log.ts';
import {
  adviceOnCost,
  adviceOnExitRecords,
  adviceOnLostEvents,
  adviceOnLostRecords,
  MOST_COST_SHARE,
} from './advice.ts';

/** The cost is judged once in so long a time. */
const JUDGED_SECONDS = 10;

/** After the stop: whatever ended has no record, and whatever happened has no event. */
const ALL_LOST: ExitBatch = { exits: [], lostShare: 1 };
const ALL_EVENTS_LOST: ProcessEventBatch = { events: [], lost: 1 };

/** Options, and replacements of the kernel's sources for tests. */
export interface KernelEventOptions {
  /** Whether to receive program changes as well: for the books, births and ends are enough. */
  readonly withPrograms?: boolean;
  /** Whether they go on at any cost, as with `on`: spans are made of them. */
  readonly atAnyCost?: boolean;
  /** CPU seconds of the thread that reads them. */
  readonly cpuSeconds?: () => number;
  readonly openRecords?: typeof ExitRecords.open;
  readonly openEvents?: typeof ProcessEvents.open;
  readonly causeEvents?: () => void;
  readonly endOfChild?: () => Promise<number>;
}

/**
 * The kernel's exit records and process events, if the run requests them and the kernel provides them. Everything else works
 * without them.
 * With `on`, a run that gets no records warns once; with `auto` only the debug log reports it, and both are stopped if reading
 * them costs too much.
 */
export class KernelEvents {
  /** Resolves when it is known which of them arrive. Await it before the first sample. */
  readonly ready: Promise<void>;
  readonly #mode: ExitRecordsMode;
  readonly #log: Log;
  readonly #endsOnCost: boolean;
  readonly #cpuSeconds: () => number;
  #records: ExitRecords | null = null;
  #events: ProcessEvents | null = null;
  /** The counts when both were stopped; null before that. */
  #final: {
    readonly atSeconds: number;
    readonly records: KernelCounts | null;
    readonly events: KernelCounts | null;
  } | null = null;
  #lostRecordsAreLogged = false;
  #lostEventsAreLogged = false;
  /** Since the cost was last judged. */
  #judgedAtSeconds = Number.NaN;
  #judgedRecords = 0;
  #spentSeconds = 0;
  /** CPU seconds when reading began in this sample. */
  #beganSeconds = 0;

  constructor(
    mode: ExitRecordsMode,
    host: Host,
    clock: Clock,
    log: Log,
    { openRecords = ExitRecords.open, openEvents = ProcessEvents.open, ...options }: KernelEventOptions = {},
  ) {
    this.#mode = mode;
    this.#log = log;
    this.#endsOnCost = mode === 'auto' && options.atAnyCost !== true;
    this.#cpuSeconds = options.cpuSeconds ?? threadCpuSeconds;
    if (mode === 'off') {
      this.ready = Promise.resolve();
      return;
    }
    const records = openRecords(host);
    if (records instanceof ExitRecords) this.#records = records;
    else this.#refuse(records);
    const events = openEvents(host, clock, { withPrograms: options.withPrograms ?? false });
    if (events instanceof ProcessEvents) this.#events = events;
    else log.debug({ failure: events.kind }, 'no process events');
    this.ready = this.#verify(options.causeEvents ?? causeOwnEvents, options.endOfChild ?? endOfChild);
  }

  /** Drops records from before the first sample, which are booked nowhere. */
  skip(): void {
    this.#records?.drain();
    this.#events?.skip();
  }

  /** Exits since the last call. Call it directly after each sample, before `drainEvents`. */
  drainExits(): ExitBatch {
    this.#beganSeconds = this.#judgedCpuSeconds();
    if (this.#records === null) return this.#final === null ? NO_EXITS : ALL_LOST;
    const batch = this.#records.drain();
    const { lost } = this.#records;
    if (lost > 0 && !this.#lostRecordsAreLogged) {
      this.#lostRecordsAreLogged = true;
      this.#log.warn({ lost }, adviceOnLostRecords(lost));
    }
    return batch;
  }

  /** Events of the targets' processes since the last call. Call it directly after `drainExits`: both are timed together. */
  drainEvents(now: Sample): ProcessEventBatch {
    const events = this.#events;
    if (events === null && this.#final !== null) return ALL_EVENTS_LOST;
    const batch = events === null ? NO_EVENTS : events.drain(now);
    if (batch.lost > 0 && !this.#lostEventsAreLogged) {
      this.#lostEventsAreLogged = true;
      this.#log.warn({ lost: batch.lost }, adviceOnLostEvents(batch.lost));
    }
    this.#spentSeconds += this.#judgedCpuSeconds() - this.#beganSeconds;
    if (this.#endsOnCost) this.#judgeCost(now.atSeconds);
    return batch;
  }

  /** Counts of exit records so far; null without exit records. */
  get recordCounts(): KernelCounts | null {
    return this.#final === null ? countsOf(this.#records) : this.#final.records;
  }

  /** Counts of process events so far; null without process events. */
  get eventCounts(): KernelCounts | null {
    return this.#final === null ? countsOf(this.#events) : this.#final.events;
  }

  /** When `auto` stopped both, on the monotonic clock; null while it has not. */
  get stoppedAtSeconds(): number | null {
    return this.#final?.atSeconds ?? null;
  }

  close(): void {
    this.#records?.close();
    this.#events?.close();
    this.#records = null;
    this.#events = null;
  }

  async #verify(causeEvents: () => void, endOfOne: () => Promise<number>): Promise<void> {
    const records = this.#records;
    const events = this.#events;
    if (records === null && events === null) return;
    causeEvents();
    let end: Promise<number> | undefined;
    const child = () => {
      end ??= endOfOne();
      return end;
    };
    const noRecords = await records?.verify(child);
    const noEvents = await events?.verify(child);
    // Closed while opening: the run was abandoned.
    if (this.#records !== records || this.#events !== events) return;
    if (records !== null && noRecords) {
      records.close();
      this.#records = null;
      this.#refuse(noRecords);
    }
    if (events !== null && noEvents) {
      events.close();
      this.#events = null;
      this.#log.debug({ failure: noEvents.kind }, 'no process events');
    }
  }

  #refuse(failure: Parameters<typeof adviceOnExitRecords>[0]): void {
    const fields = { failure: failure.kind };
    if (this.#mode === 'on') this.#log.warn(fields, adviceOnExitRecords(failure));
    else this.#log.debug(fields, adviceOnExitRecords(failure));
  }

  /** CPU seconds so far; 0 if there is no cost to judge. */
  #judgedCpuSeconds(): number {
    const isJudged = this.#endsOnCost && (this.#records !== null || this.#events !== null);
    return isJudged ? this.#cpuSeconds() : 0;
  }

  /** Stops both if reading them costs too much. */
  #judgeCost(atSeconds: number): void {
    if (this.#records === null && this.#events === null) return;
    const seconds = atSeconds - this.#judgedAtSeconds;
    if (seconds < JUDGED_SECONDS) return;
    const received = this.#records?.received ?? 0;
    const share = this.#spentSeconds / seconds;
    const exitsPerSecond = Math.round((received - this.#judgedRecords) / seconds);
    this.#judgedAtSeconds = atSeconds;
    this.#judgedRecords = received;
    this.#spentSeconds = 0;
    // NaN at the first sample, where judging begins.
    if (!(share > MOST_COST_SHARE)) return;
    this.#final = { atSeconds, records: this.recordCounts, events: this.eventCounts };
    this.close();
    this.#log.warn({ exitsPerSecond, share }, adviceOnCost(exitsPerSecond, share));
  }
}

function countsOf(from: KernelCounts | null): KernelCounts | null {
  return from === null ? null : { received: from.received, lost: from.lost };
}

function threadCpuSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
