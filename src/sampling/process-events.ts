import type { Clock } from '../host/clock.ts';
import type { Host } from '../host/host.ts';
import {
  EVENT_EXEC,
  EVENT_EXIT,
  EVENT_FORK,
  eventOf,
  type ProcessEvent,
  type ProcessEventRecord,
} from '../host/proc-events/process-event.ts';
import {
  type ProcessEventOptions,
  ProcessEventSource,
  type ProcessEventsFailure,
} from '../host/proc-events/process-event-source.ts';
import { ROW_ALIVE, ROW_FOREIGN_CHILD, ROW_LEFT, ROW_ZOMBIE } from './process-columns.ts';
import type { Sample } from './sample.ts';

/** What happened to the processes of the targets between two samples. */
export interface ProcessEventBatch {
  /**
   * In the order of the kernel: events of rows, and of all that descends from them, rows or not. A process's birth comes
   * before all else of it.
   */
  readonly events: readonly ProcessEvent[];
  /** Events of the whole machine in this time that had no room: above 0, any of those in `events` may be missing. */
  readonly lost: number;
}

/** A batch in which nothing happened. */
export const NO_EVENTS: ProcessEventBatch = { events: [], lost: 0 };

/** Start times are cut down to ticks, and the boot time is early by up to one. */
const BIRTH_EARLY_SECONDS = 0.025;
const BIRTH_LATE_SECONDS = 0.002;

/** Whether a start time out of `/proc/PID/stat` and the time of a birth event are of one process. */
export function isSameBirth(bornAtSeconds: number, eventAtSeconds: number): boolean {
  const early = eventAtSeconds - bornAtSeconds;
  return early < BIRTH_EARLY_SECONDS && early > -BIRTH_LATE_SECONDS;
}

/**
 * The kernel's process events as far as they are of the targets: most processes of a host are others'. What is nobody's
 * costs no object.
 */
export class ProcessEvents {
  readonly #source: ProcessEventSource;
  /** PIDs of rows and of their living descendants. */
  readonly #tracked = new Set<number>();
  /** Those of them that ended in this batch: numbers are let go with the next, as an exec may still follow. */
  readonly #ended = new Set<number>();
  /** By PID: start times of rows that are new in this sample, until their births come. */
  readonly #births = new Map<number, number>();
  #events: ProcessEvent[] = [];
  #lostBefore = 0;
  /** Of the rows of the samples before. */
  #newestSerial = 0;
  #drainedAtSeconds = Number.NEGATIVE_INFINITY;
  readonly #take = (record: ProcessEventRecord, buffer: Buffer) => {
    if (this.#isWanted(record)) this.#events.push(eventOf(record, buffer));
  };

  private constructor(source: ProcessEventSource) {
    this.#source = source;
  }

  /** Begins to receive, or why it cannot. `verify` must then find that events arrive. */
  static open(
    host: Pick<Host, 'clocks' | 'clocksMissing'>,
    clock: Pick<Clock, 'monotonicSeconds'>,
    options: ProcessEventOptions = {},
  ): ProcessEvents | ProcessEventsFailure {
    // The PIDs of events are the initial namespace's: they say nothing where `/proc` shows others.
    if (host.clocks === null) return { kind: 'foreign-pids', detail: host.clocksMissing ?? '' };
    const source = ProcessEventSource.open(clock, options);
    return source instanceof ProcessEventSource ? new ProcessEvents(source) : source;
  }

  /** Null if events of a child of this program's own arrive (`ProcessEventSource.verify`). To be called before the first sample. */
  verify(child?: Promise<number>): Promise<ProcessEventsFailure | null> {
    return this.#source.verify(() => {}, child);
  }

  /** Drops what happened before the first sample: it is booked nowhere. */
  skip(): void {
    this.#source.drain(() => {});
    this.#lostBefore = this.#source.lost;
  }

  /** What happened since the last call. To be called once a sample, after its processes are read. */
  drain(now: Sample): ProcessEventBatch {
    for (const pid of this.#ended) this.#tracked.delete(pid);
    this.#ended.clear();
    this.#meetRows(now);
    this.#source.drain(this.#take);
    // Born before they could be matched to a target.
    for (const pid of this.#births.keys()) this.#tracked.add(pid);
    this.#births.clear();
    const batch = { events: this.#events, lost: this.#source.lost - this.#lostBefore };
    this.#events = [];
    this.#lostBefore = this.#source.lost;
    this.#drainedAtSeconds = now.atSeconds;
    if (batch.lost > 0) this.#relearn(now);
    return batch;
  }

  /** Events of processes so far, of the whole machine. */
  get received(): number {
    return this.#source.received;
  }

  /** Events that had no room in the socket's buffer. */
  get lost(): number {
    return this.#source.lost;
  }

  close(): void {
    this.#source.close();
  }

  #meetRows({ rows, identities, changed, changedCount }: Sample): void {
    let newest = this.#newestSerial;
    for (let i = 0; i < changedCount; i++) {
      const state = rows.state[changed[i]!];
      if (state === ROW_LEFT || state === ROW_FOREIGN_CHILD) this.#tracked.delete(rows.pid[changed[i]!]!);
    }
    for (let i = 0; i < changedCount; i++) {
      const slot = changed[i]!;
      const state = rows.state[slot];
      const serial = rows.serial[slot]!;
      // The end of a zombie that was met alive has come before.
      if (state !== ROW_ALIVE && !(state === ROW_ZOMBIE && serial > this.#newestSerial)) continue;
      newest = Math.max(newest, serial);
      const pid = rows.pid[slot]!;
      if (this.#tracked.has(pid)) continue;
      const { bornAtSeconds } = identities[slot]!;
      if (bornAtSeconds + BIRTH_EARLY_SECONDS < this.#drainedAtSeconds) this.#tracked.add(pid);
      else this.#births.set(pid, bornAtSeconds);
    }
    this.#newestSerial = newest;
  }

  #isWanted({ kind, pid, parentPid, atSeconds }: ProcessEventRecord): boolean {
    if (kind === EVENT_FORK) {
      // A number that was another's.
      this.#ended.delete(pid);
      const bornAtSeconds = this.#births.get(pid);
      const isRow = bornAtSeconds !== undefined && isSameBirth(bornAtSeconds, atSeconds);
      if (isRow) this.#births.delete(pid);
      const isWanted = isRow || this.#tracked.has(parentPid);
      if (isWanted) this.#tracked.add(pid);
      else this.#tracked.delete(pid);
      return isWanted;
    }
    if (!this.#tracked.has(pid)) return false;
    if (kind === EVENT_EXIT) this.#ended.add(pid);
    // Another thread of it has run a program in its name: it goes on.
    else if (kind === EVENT_EXEC) this.#ended.delete(pid);
    return true;
  }

  /** After a loss, what ended is not known: begins again with the rows that live. */
  #relearn({ rows, slots, count }: Sample): void {
    this.#tracked.clear();
    this.#ended.clear();
    for (let i = 0; i < count; i++) {
      const state = rows.state[slots[i]!];
      if (state === ROW_ALIVE || state === ROW_ZOMBIE) this.#tracked.add(rows.pid[slots[i]!]!);
    }
  }
}
