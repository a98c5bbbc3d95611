import type { Clock } from '../../host/clock.ts';
import type { Host } from '../../host/host.ts';
import { endOfChild } from '../../host/netlink/child-of-own.ts';
import type { RunExitRecords, RunProcessEvents } from '../../ledger/document/run-document.ts';
import type { ExitRecordsMode } from '../../sampling/choices.ts';
import { type ExitBatch, ExitRecords, NO_EXITS } from '../../sampling/exit-records.ts';
import { NO_EVENTS, type ProcessEventBatch, ProcessEvents } from '../../sampling/process-events.ts';
import type { Sample } from '../../sampling/sample.ts';
import type { Log } from '../../text/log.ts';
import { adviceOnCost, adviceOnExitRecords, adviceOnLostEvents, adviceOnLostRecords } from './advice.ts';

/** CPU seconds per exit, from the socket to the books, measured by `npm run bench -- --only exit-records`. */
const RECORD_SECONDS = 5e-6;
const EVENT_SECONDS = 1.5e-6;
/** Share of one core beyond which `auto` gives up, measured over `JUDGED_SECONDS`. */
const MOST_SHARE = 0.02;
const JUDGED_SECONDS = 10;

/** Without records: no exits, and none will come. */
const ALL_LOST: ExitBatch = { exits: [], lostShare: 1 };

/** Options, and replacements of the kernel's sources for tests. */
export interface KernelEventOptions {
  /** Whether to receive program changes as well: for the books, births and ends are enough. */
  readonly withPrograms?: boolean;
  readonly openRecords?: typeof ExitRecords.open;
  readonly openEvents?: typeof ProcessEvents.open;
  readonly endOfChild?: () => Promise<number>;
}

/**
 * The kernel's exit records and process events, if the run requests them and the kernel provides them. Everything else works
 * without them.
 * With `on`, a run that gets no records warns once; with `auto` only the debug log reports it, and a rate of exits that would
 * cost too much ends both.
 */
export class KernelEvents {
  /** Resolves when it is known which of them arrive. Await it before the first sample. */
  readonly ready: Promise<void>;
  readonly #mode: ExitRecordsMode;
  readonly #log: Log;
  #records: ExitRecords | null = null;
  #events: ProcessEvents | null = null;
  /** The counts when the rate was found to be too high; null before that. */
  #final: { readonly records: RunExitRecords | null; readonly events: RunProcessEvents | null } | null = null;
  #lostRecordsAreLogged = false;
  #lostEventsAreLogged = false;
  #judgedAtSeconds = Number.NaN;
  #judgedReceived = { records: 0, events: 0 };

  constructor(
    mode: ExitRecordsMode,
    host: Host,
    clock: Clock,
    log: Log,
    { openRecords = ExitRecords.open, openEvents = ProcessEvents.open, ...options }: KernelEventOptions = {},
  ) {
    this.#mode = mode;
    this.#log = log;
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
    this.ready = this.#verify(options.endOfChild ?? endOfChild);
  }

  /** Drops records from before the first sample, which are booked nowhere. */
  skip(): void {
    this.#records?.drain();
    this.#events?.skip();
  }

  /** Exits since the last call. Call it directly after each sample, before `drainEvents`. */
  drainExits(): ExitBatch {
    if (this.#records === null) return this.#final === null ? NO_EXITS : ALL_LOST;
    const batch = this.#records.drain();
    const { lost } = this.#records;
    if (lost > 0 && !this.#lostRecordsAreLogged) {
      this.#lostRecordsAreLogged = true;
      this.#log.warn({ lost }, adviceOnLostRecords(lost));
    }
    return batch;
  }

  /** Events of the targets' processes since the last call. */
  drainEvents(now: Sample): ProcessEventBatch {
    const batch = this.#events?.drain(now) ?? NO_EVENTS;
    if (batch.lost > 0 && !this.#lostEventsAreLogged) {
      this.#lostEventsAreLogged = true;
      this.#log.warn({ lost: batch.lost }, adviceOnLostEvents(batch.lost));
    }
    if (this.#mode === 'auto') this.#judgeCost(now.atSeconds);
    return batch;
  }

  /** Counts of exit records so far; null without exit records. */
  get recordCounts(): RunExitRecords | null {
    return this.#final === null ? countsOf(this.#records) : this.#final.records;
  }

  /** Counts of process events so far; null without process events. */
  get eventCounts(): RunProcessEvents | null {
    return this.#final === null ? countsOf(this.#events) : this.#final.events;
  }

  close(): void {
    this.#records?.close();
    this.#events?.close();
    this.#records = null;
    this.#events = null;
  }

  async #verify(endOfOne: () => Promise<number>): Promise<void> {
    const records = this.#records;
    const events = this.#events;
    if (records === null && events === null) return;
    const child = endOfOne();
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

  /** Closes both if they cost too much. */
  #judgeCost(atSeconds: number): void {
    if (this.#records === null && this.#events === null) return;
    const records = this.#records?.received ?? 0;
    const events = this.#events?.received ?? 0;
    if (Number.isNaN(this.#judgedAtSeconds)) {
      this.#judgedAtSeconds = atSeconds;
      this.#judgedReceived = { records, events };
      return;
    }
    const seconds = atSeconds - this.#judgedAtSeconds;
    if (seconds < JUDGED_SECONDS) return;
    const newRecords = records - this.#judgedReceived.records;
    const newEvents = events - this.#judgedReceived.events;
    this.#judgedAtSeconds = atSeconds;
    this.#judgedReceived = { records, events };
    const share = (newRecords * RECORD_SECONDS + newEvents * EVENT_SECONDS) / seconds;
    if (share <= MOST_SHARE) return;
    const rate = Math.round(newRecords / seconds);
    this.#final = { records: this.recordCounts, events: this.eventCounts };
    this.close();
    this.#log.warn({ exitsPerSecond: rate }, adviceOnCost(rate));
  }
}

function countsOf(
  from: { readonly received: number; readonly lost: number } | null,
): { received: number; lost: number } | null {
  return from === null ? null : { received: from.received, lost: from.lost };
}
