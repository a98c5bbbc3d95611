import type { RemovedUsage, UnitOrigin } from '../discovery/targets/targets.ts';
import type { ProcessDetail } from './choices.ts';
import { grown } from './grown.ts';
import { ProcessColumns, ROW_EMPTY, ROW_ENDED, ROW_FOREIGN_CHILD, ROW_LEFT } from './process-columns.ts';
import { DetailColumns } from './process-details.ts';
import { ReadStamps } from './read-times.ts';
import type { InstanceReading, OutsideParentReading, Sample } from './sample.ts';
import type { TrackedProcess } from './tracked-process.ts';

const FIRST_CAPACITY = 64;
/** Factor by which the tables grow. */
const GROWTH = 1.5;

/** The row was not read; it was read and may be unchanged; it has certainly changed. */
const UNTOUCHED = 0;
const TOUCHED = 1;
const CHANGED = 2;

/** A sample while it is filled. */
class SampleBuffer implements Sample {
  tick = -1;
  atSeconds = 0;
  unixMillis = 0;
  units: readonly string[] = [];
  origins: readonly UnitOrigin[] = [];
  instances: readonly InstanceReading[] = [];
  ended: readonly (RemovedUsage | null)[] = [];
  outsideParents: readonly OutsideParentReading[] = [];
  readonly readTimes = new ReadStamps();
  rows = new ProcessColumns(FIRST_CAPACITY);
  slots = new Int32Array(FIRST_CAPACITY);
  count = 0;
  changed = new Int32Array(FIRST_CAPACITY);
  changedCount = 0;
  identities: (TrackedProcess | undefined)[] = [];
  details: DetailColumns | null = null;
}

/**
 * The rows: slot of each process, reading order, and the two sample buffers that alternate from tick to tick. Rows are
 * read oldest first, so parents before children: an ancestor is never younger than its descendants.
 */
export class ProcessTable {
  /** By slot. */
  readonly processes: (TrackedProcess | undefined)[] = [];
  #current = new SampleBuffer();
  #previous = new SampleBuffer();
  #free: number[] = [];
  #nextSerial = 1;
  #sorted = true;
  /** By slot: `UNTOUCHED`, `TOUCHED` or `CHANGED` in the current tick. */
  #touched = new Uint8Array(FIRST_CAPACITY);
  /** Whether a row was added or removed, or its parent or state has changed, since it was last set to false. */
  familiesChanged = true;
  /** By slot: a resting row is not due for a read before this tick (`RowReader`); 0: unknown. */
  dueAtTick = new Int32Array(FIRST_CAPACITY);
  /** Null if no details are requested. */
  readonly details: DetailColumns | null;

  /** `details`: the requested groups. */
  constructor(details: ReadonlySet<ProcessDetail>) {
    this.details = details.size === 0 ? null : new DetailColumns(details, FIRST_CAPACITY);
    this.#current.details = this.details;
    this.#previous.details = this.details;
  }

  /** The sample that is being filled. */
  get current(): SampleBuffer {
    return this.#current;
  }

  get rows(): ProcessColumns {
    return this.#current.rows;
  }

  /**
   * Starts the next tick in the other buffer, with a copy of all rows. Slots of rows that ended in the previous tick
   * become free.
   */
  advance(tick: number, atSeconds: number, unixMillis: number): void {
    const before = this.#current;
    const now = this.#previous;
    this.#current = now;
    this.#previous = before;
    now.tick = tick;
    now.atSeconds = atSeconds;
    now.unixMillis = unixMillis;
    now.identities = this.processes;
    now.rows.copyFrom(before.rows);
    now.rows.stamp.fill(0);
    this.#touched.fill(UNTOUCHED);
    let count = 0;
    for (let i = 0; i < before.count; i++) {
      const slot = before.slots[i]!;
      if (now.rows.state[slot] === ROW_ENDED) {
        now.rows.state[slot] = ROW_EMPTY;
        now.rows.serial[slot] = 0;
        this.processes[slot] = undefined;
        this.#free.push(slot);
        continue;
      }
      if (now.rows.state[slot] === ROW_LEFT) {
        now.rows.state[slot] = ROW_FOREIGN_CHILD;
        this.#touched[slot] = CHANGED;
      }
      now.slots[count++] = slot;
    }
    now.count = count;
  }

  /** A value of the row was read or set. */
  touch(slot: number): void {
    if (this.#touched[slot] === UNTOUCHED) this.#touched[slot] = TOUCHED;
    this.dueAtTick[slot] = 0;
  }

  /** The row changed in a value that is not in the columns. */
  noteChange(slot: number): void {
    this.#touched[slot] = CHANGED;
    this.familiesChanged = true;
  }

  /** Lists the rows that changed. Call after all reads of the tick. */
  listChanged(): void {
    const { tick, rows, slots, count, changed } = this.#current;
    const detailsReadAtTick = this.details?.readAtTick;
    const before = this.#previous.rows;
    let changes = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const touched = this.#touched[slot]!;
      const isChanged =
        touched === CHANGED ||
        (touched === TOUCHED && rows.differsFrom(before, slot)) ||
        detailsReadAtTick?.[slot] === tick;
      if (isChanged) changed[changes++] = slot;
    }
    this.#current.changedCount = changes;
  }

  /** Whether the process still has its slot. */
  isRow(process: TrackedProcess): boolean {
    return this.processes[process.slot] === process;
  }

  /** `ROW_…` of the process in the current tick. */
  stateOf(process: TrackedProcess): number {
    return this.rows.state[process.slot]!;
  }

  /**
   * Restores a row's CPU of the previous tick. CPU of the tick in which a row disappears is not booked to the row; it
   * must be booked from the counters of the process that waited for it.
   */
  takeBack({ slot, serial }: TrackedProcess): void {
    const { rows } = this.#current;
    const before = this.#previous.rows;
    if (before.serial[slot] !== serial) return;
    rows.cpuNanos[slot] = before.cpuNanos[slot]!;
    rows.reapedNanos[slot] = before.reapedNanos[slot]!;
    rows.userTicks[slot] = before.userTicks[slot]!;
    rows.systemTicks[slot] = before.systemTicks[slot]!;
  }

  /** Reserves a slot and a serial for a new row; `place` then stores the process. */
  reserve(): { slot: number; serial: number } {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.processes.length;
      this.processes.push(undefined);
      if (slot === this.#current.rows.capacity) this.#grow(Math.ceil(slot * GROWTH));
    }
    return { slot, serial: this.#nextSerial++ };
  }

  /** Stores a process in its reserved slot, with no values yet. */
  place(process: TrackedProcess, unit: number): void {
    const { rows, slots, count } = this.#current;
    this.processes[process.slot] = process;
    this.dueAtTick[process.slot] = 0;
    rows.begin(process.slot, process.serial, process.pid, unit);
    this.noteChange(process.slot);
    this.details?.begin(process.slot);
    slots[count] = process.slot;
    this.#current.count = count + 1;
    if (count > 0 && this.#older(process.slot, slots[count - 1]!) < 0) this.#sorted = false;
  }

  /** Restores the reading order after rows were placed. */
  settle(): void {
    if (this.#sorted) return;
    this.#current.slots.subarray(0, this.#current.count).sort(this.#older);
    this.#sorted = true;
  }

  readonly #older = (a: number, b: number): number => {
    const left = this.processes[a]!;
    const right = this.processes[b]!;
    return left.startTicks - right.startTicks || left.pid - right.pid;
  };

  #grow(capacity: number): void {
    this.details?.grow(capacity);
    for (const buffer of [this.#current, this.#previous]) {
      buffer.rows = buffer.rows.grown(capacity);
      buffer.slots = grown(buffer.slots, capacity);
      buffer.changed = new Int32Array(capacity);
    }
    this.#touched = grown(this.#touched, capacity);
    this.dueAtTick = grown(this.dueAtTick, capacity);
  }
}
