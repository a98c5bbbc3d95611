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

/** Process events of the targets between two samples. */
export interface ProcessEventBatch {
  /**
   * Events of rows and of all their descendants, in the kernel's order. The birth of a process comes before its other
   * events.
   */
  readonly events: readonly ProcessEvent[];
  /** Events of the whole machine lost in this period. If above 0, events of the targets may be missing. */
  readonly lost: number;
}

export const NO_EVENTS: ProcessEventBatch = { events: [], lost: 0 };

/** Tolerances: start times are truncated to ticks, and the boot time is early by up to one tick. */
const BIRTH_EARLY_SECONDS = 0.025;
const BIRTH_LATE_SECONDS = 0.002;

/** Whether a start time of `/proc/PID/stat` and a birth event belong to the same process. */
export function isSameBirth(bornAtSeconds: number, eventAtSeconds: number): boolean {
  const early = eventAtSeconds - bornAtSeconds;
  return early < BIRTH_EARLY_SECONDS && early > -BIRTH_LATE_SECONDS;
}

/**
 * Filters the kernel's process events for the targets. Most processes of a host belong to no target; their events
 * allocate no object.
 */
export class ProcessEvents {
  readonly #source: ProcessEventSource;
  /** PIDs of rows and of their living descendants. */
  readonly #tracked = new Set<number>();
  /** Tracked PIDs that ended in this batch; removed with the next batch, because an exec may still follow. */
  readonly #ended = new Set<number>();
  /** Tracked PIDs of rows that left their units, or run elsewhere; empty between two samples. */
  readonly #left = new Set<number>();
  /** By PID: start times of rows that are new in this sample and whose birth events have not arrived. */
  readonly #births = new Map<number, number>();
  #events: ProcessEvent[] = [];
  #lostBefore = 0;
  /** Highest serial among the rows of earlier samples. */
  #newestSerial = 0;
  #drainedAtSeconds = Number.NEGATIVE_INFINITY;
  readonly #take = (record: ProcessEventRecord, buffer: Buffer) => {
    if (this.#isWanted(record)) this.#events.push(eventOf(record, buffer));
  };

  private constructor(source: ProcessEventSource) {
    this.#source = source;
  }

  /** Starts to receive events, or returns the reason why it cannot. `verify` must then confirm that events arrive. */
  static open(
    host: Pick<Host, 'clocks' | 'clocksMissing'>,
    clock: Pick<Clock, 'monotonicSeconds'>,
    options: ProcessEventOptions = {},
  ): ProcessEvents | ProcessEventsFailure {
    // Events carry PIDs of the initial namespace, which are meaningless if `/proc` shows another one.
    if (host.clocks === null) return { kind: 'foreign-pids', detail: host.clocksMissing ?? '' };
    const source = ProcessEventSource.open(clock, options);
    return source instanceof ProcessEventSource ? new ProcessEvents(source) : source;
  }

  /**
   * Returns null if events of unitledger or a child of it arrive (`ProcessEventSource.verify`). Call before the first
   * sample.
   */
  verify(child?: () => Promise<number>): Promise<ProcessEventsFailure | null> {
    return this.#source.verify(() => {}, child);
  }

  /** Drops events from before the first sample, which are booked nowhere. */
  skip(): void {
    this.#source.drain(() => {});
    this.#lostBefore = this.#source.lost;
  }

  /** Events since the last call. Call once a sample, after all processes are read. */
  drain(now: Sample): ProcessEventBatch {
    for (const pid of this.#ended) this.#tracked.delete(pid);
    this.#ended.clear();
    this.#meetRows(now);
    this.#source.drain(this.#take);
    // Rows whose birth event came before they could be matched to a target.
    for (const pid of this.#births.keys()) this.#tracked.add(pid);
    this.#births.clear();
    const batch = { events: this.#events, lost: this.#source.lost - this.#lostBefore };
    this.#events = [];
    this.#lostBefore = this.#source.lost;
    this.#drainedAtSeconds = now.atSeconds;
    if (batch.lost > 0) this.#relearn(now);
    return batch;
  }

  /** Process events of the whole machine received so far. */
  get received(): number {
    return this.#source.received;
  }

  /** Events lost because the socket's buffer was full. */
  get lost(): number {
    return this.#source.lost;
  }

  close(): void {
    this.#source.close();
  }

  #meetRows(now: Sample): void {
    const { rows, identities, changed, changedCount } = now;
    let newest = this.#newestSerial;
    this.#forgetLeft(now);
    for (let i = 0; i < changedCount; i++) {
      const slot = changed[i]!;
      const state = rows.state[slot];
      const serial = rows.serial[slot]!;
      // The exit event of a zombie that was first seen alive has already come.
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

  /** Processes that were moved to other cgroups are not tracked, unless another target contains them. */
  #forgetLeft({ rows, slots, count, changed, changedCount }: Sample): void {
    const left = this.#left;
    for (let i = 0; i < changedCount; i++) {
      const state = rows.state[changed[i]!];
      const pid = rows.pid[changed[i]!]!;
      if ((state === ROW_LEFT || state === ROW_FOREIGN_CHILD) && this.#tracked.has(pid)) left.add(pid);
    }
    if (left.size === 0) return;
    for (let i = 0; i < count; i++) {
      const state = rows.state[slots[i]!];
      if (state === ROW_ALIVE || state === ROW_ZOMBIE) left.delete(rows.pid[slots[i]!]!);
    }
    for (const pid of left) this.#tracked.delete(pid);
    left.clear();
  }

  #isWanted({ kind, pid, parentPid, atSeconds }: ProcessEventRecord): boolean {
    if (kind === EVENT_FORK) {
      // The PID belonged to another process.
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
    // Another thread has executed a program and taken over the PID: the process continues.
    else if (kind === EVENT_EXEC) this.#ended.delete(pid);
    return true;
  }

  /** After lost events it is unknown which processes ended: start again with the living rows. */
  #relearn({ rows, slots, count }: Sample): void {
    this.#tracked.clear();
    this.#ended.clear();
    for (let i = 0; i < count; i++) {
      const state = rows.state[slots[i]!];
      if (state === ROW_ALIVE || state === ROW_ZOMBIE) this.#tracked.add(rows.pid[slots[i]!]!);
    }
  }
}
