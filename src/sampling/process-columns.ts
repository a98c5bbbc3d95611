import { IO_COUNTERS, type IoBytes, type IoCounter } from '../host/proc/io.ts';

/** What became of a row in the tick at hand. */
export const ROW_EMPTY = 0;
/** It runs, or sleeps. */
export const ROW_ALIVE = 1;
/** It has ended and nobody has waited for it yet: its counters are final. */
export const ROW_ZOMBIE = 2;
/** It has ended or left since the tick before: its counters are those last read. Its slot is free from the next tick on. */
export const ROW_ENDED = 3;
/** It was moved to another cgroup, alive: no longer this unit's, and a shadow from the next tick on. */
export const ROW_LEFT = 4;
/**
 * It lives in another cgroup, but a row of this unit is its parent and may wait for it: it is followed so that what
 * it used elsewhere is not taken for the unit's, and nothing is booked to it.
 */
export const ROW_FOREIGN_CHILD = 5;

/** A row's counters begin at zero with its birth, or at what was read when it was first seen. */
export const ORIGIN_BASELINE = 0;
export const ORIGIN_BIRTH = 1;

/** Element types of the columns of a sample: the one list of what is kept of each process. */
const COLUMN_TYPES = {
  /** Number of the process in this run (1, 2, 3, …), never used twice; tells whether a slot still holds the same one. */
  serial: Float64Array,
  /** `ROW_…` */
  state: Uint8Array,
  /** `ORIGIN_…` */
  origin: Uint8Array,
  /** Index of its unit among the names of the targets. */
  unit: Int32Array,
  pid: Int32Array,
  ppid: Int32Array,
  /** Own CPU in nanoseconds. */
  cpuNanos: Float64Array,
  /** Own CPU by mode, in ticks: for the split of `cpuNanos` only. */
  userTicks: Float64Array,
  systemTicks: Float64Array,
  /** CPU of descendants that it waited for, in nanoseconds (of ticks: usually a multiple of 10 ms). */
  reapedNanos: Float64Array,
  /** RSS. */
  memoryBytes: Float64Array,
  /** Its tasks, itself included, at the last read of `stat`; 0 where `stat` was not read. */
  threads: Int32Array,
  /** Number of the stamp before its CPU was read (`Sample.readTimes`); 0: it was not read, or had not changed. */
  stamp: Int32Array,
} as const;

type ColumnTypes = typeof COLUMN_TYPES;
type ColumnName = keyof ColumnTypes;
const COLUMN_NAMES = Object.keys(COLUMN_TYPES) as ColumnName[];

type Columns = { readonly [Name in ColumnName]: InstanceType<ColumnTypes[Name]> } & {
  readonly [Counter in IoCounter]: Float64Array;
};

/** Has every column, all 0. */
const ColumnSet = class {
  constructor(capacity: number) {
    const columns = this as unknown as Record<string, unknown>;
    for (const name of COLUMN_NAMES) columns[name] = new COLUMN_TYPES[name](capacity);
    for (const counter of IO_COUNTERS) columns[counter] = new Float64Array(capacity);
  }
} as unknown as new (
  capacity: number,
) => Columns;

/**
 * Counters of processes by slot, one column each: those of `COLUMN_TYPES` and the bytes of `IO_COUNTERS`. A process keeps
 * its slot for life. Two of these alternate from tick to tick, so that a tick allocates nothing that grows with the number
 * of processes. NaN is absent.
 */
export class ProcessColumns extends ColumnSet {
  readonly capacity: number;
  /** The columns of `IO_COUNTERS`, in its order. */
  readonly io: readonly Float64Array[];

  constructor(capacity: number) {
    super(capacity);
    this.capacity = capacity;
    this.io = IO_COUNTERS.map((counter) => this[counter]);
  }

  /** Takes over every row of `other`, which is no larger. */
  copyFrom(other: ProcessColumns): void {
    for (const name of COLUMN_NAMES) this[name].set(other[name]);
    for (let i = 0; i < this.io.length; i++) this.io[i]!.set(other.io[i]!);
  }

  /** Whether any column of the row in `slot` differs from `other`, which holds the same row. The likeliest come first. */
  differsFrom(other: ProcessColumns, slot: number): boolean {
    if (
      this.cpuNanos[slot] !== other.cpuNanos[slot] ||
      this.serial[slot] !== other.serial[slot] ||
      this.state[slot] !== other.state[slot] ||
      this.ppid[slot] !== other.ppid[slot] ||
      differ(this.memoryBytes, other.memoryBytes, slot) ||
      this.reapedNanos[slot] !== other.reapedNanos[slot] ||
      this.userTicks[slot] !== other.userTicks[slot] ||
      this.systemTicks[slot] !== other.systemTicks[slot] ||
      this.threads[slot] !== other.threads[slot]
    )
      return true;
    for (let i = 0; i < this.io.length; i++) if (differ(this.io[i]!, other.io[i]!, slot)) return true;
    return (
      this.origin[slot] !== other.origin[slot] ||
      this.unit[slot] !== other.unit[slot] ||
      this.pid[slot] !== other.pid[slot]
    );
  }

  /** Begins a row of which nothing has been read. */
  begin(slot: number, serial: number, pid: number, unit: number): void {
    this.serial[slot] = serial;
    this.pid[slot] = pid;
    this.unit[slot] = unit;
    this.origin[slot] = ORIGIN_BASELINE;
    this.cpuNanos[slot] = Number.NaN;
    this.memoryBytes[slot] = Number.NaN;
    this.threads[slot] = 0;
    this.stamp[slot] = 0;
    for (const column of this.io) column[slot] = Number.NaN;
  }

  /** Puts the byte counters just read into the row. */
  takeIo(slot: number, bytes: Readonly<IoBytes>): void {
    this.readBytes[slot] = bytes.readBytes;
    this.writeBytes[slot] = bytes.writeBytes;
    this.cancelledWriteBytes[slot] = bytes.cancelledWriteBytes;
    this.readChars[slot] = bytes.readChars;
    this.writeChars[slot] = bytes.writeChars;
  }

  /** The same rows with room for more. */
  grown(capacity: number): ProcessColumns {
    const larger = new ProcessColumns(capacity);
    larger.copyFrom(this);
    return larger;
  }
}

/** Whether two figures that may be absent are not the same. */
function differ(column: Float64Array, other: Float64Array, slot: number): boolean {
  const value = column[slot]!;
  const known = other[slot]!;
  // biome-ignore lint/suspicious/noSelfCompare: it tells NaN without a call
  return value !== known && (value === value || known === known);
}
