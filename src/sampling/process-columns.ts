import { IO_COUNTERS, type IoBytes, type IoCounter } from '../host/proc/io.ts';

/** State of a row in the current tick. */
export const ROW_EMPTY = 0;
/** Running or sleeping. */
export const ROW_ALIVE = 1;
/** Ended and not yet waited for: its counters are final. */
export const ROW_ZOMBIE = 2;
/** Ended or left since the previous tick: the counters are the last ones read. The slot is free from the next tick on. */
export const ROW_ENDED = 3;
/** Moved to another cgroup while alive: no longer of this unit, and a foreign child from the next tick on. */
export const ROW_LEFT = 4;
/**
 * Lives in another cgroup and is the child of a row of this unit, which may wait for it. The row keeps CPU used
 * elsewhere from being booked to the unit; nothing is booked to the row itself.
 */
export const ROW_FOREIGN_CHILD = 5;

/** Whether a row's counters are booked from zero (birth), or from the first values that were read. */
export const ORIGIN_BASELINE = 0;
export const ORIGIN_BIRTH = 1;

/** Element types of the columns of a sample: the only list of per-process values. */
const COLUMN_TYPES = {
  /** Number of the process in this run (1, 2, 3, …), never reused; tells whether a slot still holds the same process. */
  serial: Float64Array,
  /** `ROW_…` */
  state: Uint8Array,
  /** `ORIGIN_…` */
  origin: Uint8Array,
  /** Unit index. */
  unit: Int32Array,
  pid: Int32Array,
  ppid: Int32Array,
  /** Own CPU in nanoseconds. */
  cpuNanos: Float64Array,
  /** Own CPU by mode, in ticks: used only to split `cpuNanos`. */
  userTicks: Float64Array,
  systemTicks: Float64Array,
  /** CPU of waited-for descendants, in nanoseconds (from ticks: usually a multiple of 10 ms). */
  reapedNanos: Float64Array,
  /** RSS, in bytes. */
  memoryBytes: Float64Array,
  /** Threads at the last read of `stat`, the leader included; 0 if `stat` was not read. */
  threads: Int32Array,
  /** Number of the stamp before its CPU was read (`Sample.readTimes`); 0: not read, or unchanged. */
  stamp: Int32Array,
} as const;

type ColumnTypes = typeof COLUMN_TYPES;
type ColumnName = keyof ColumnTypes;
const COLUMN_NAMES = Object.keys(COLUMN_TYPES) as ColumnName[];

type Columns = { readonly [Name in ColumnName]: InstanceType<ColumnTypes[Name]> } & {
  readonly [Counter in IoCounter]: Float64Array;
};

/** Creates every column, filled with 0. */
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
 * Counters of processes by slot, one column each: those of `COLUMN_TYPES` and the bytes of `IO_COUNTERS`. A process
 * keeps its slot until it ends. Two of these objects alternate from tick to tick, so that a tick allocates nothing that
 * grows with the number of processes. NaN: absent.
 */
export class ProcessColumns extends ColumnSet {
  readonly capacity: number;
  /** The columns of `IO_COUNTERS`, in the same order. */
  readonly io: readonly Float64Array[];

  constructor(capacity: number) {
    super(capacity);
    this.capacity = capacity;
    this.io = IO_COUNTERS.map((counter) => this[counter]);
  }

  /** Copies every row of `other`, whose capacity must not be larger. */
  copyFrom(other: ProcessColumns): void {
    for (const name of COLUMN_NAMES) this[name].set(other[name]);
    for (let i = 0; i < this.io.length; i++) this.io[i]!.set(other.io[i]!);
  }

  /**
   * Whether any column of the row in `slot` differs from `other`, which holds the same row. The columns most likely to
   * differ come first.
   */
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

  /** Initialises a row of which nothing has been read. */
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

  /** Whether any byte counter of the row is above `bytes`. */
  exceedsIo(slot: number, bytes: Readonly<IoBytes>): boolean {
    return (
      this.readBytes[slot]! > bytes.readBytes ||
      this.writeBytes[slot]! > bytes.writeBytes ||
      this.cancelledWriteBytes[slot]! > bytes.cancelledWriteBytes ||
      this.readChars[slot]! > bytes.readChars ||
      this.writeChars[slot]! > bytes.writeChars
    );
  }

  /** Stores byte counters in the row. */
  takeIo(slot: number, bytes: Readonly<IoBytes>): void {
    this.readBytes[slot] = bytes.readBytes;
    this.writeBytes[slot] = bytes.writeBytes;
    this.cancelledWriteBytes[slot] = bytes.cancelledWriteBytes;
    this.readChars[slot] = bytes.readChars;
    this.writeChars[slot] = bytes.writeChars;
  }

  /** A copy with a larger capacity. */
  grown(capacity: number): ProcessColumns {
    const larger = new ProcessColumns(capacity);
    larger.copyFrom(this);
    return larger;
  }
}

/** Whether two values differ; two absent values (NaN) are equal. */
function differ(column: Float64Array, other: Float64Array, slot: number): boolean {
  const value = column[slot]!;
  const known = other[slot]!;
  // biome-ignore lint/suspicious/noSelfCompare: it tells NaN without a call
  return value !== known && (value === value || known === known);
}
