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

/**
 * Counters of processes by slot, one column a counter. A process keeps its slot for life. Two of these alternate
 * from tick to tick, so that a tick allocates nothing that grows with the number of processes. NaN is absent.
 */
export class ProcessColumns {
  /** Number of the process in this run (1, 2, 3, …), never used twice; tells whether a slot still holds the same one. */
  readonly serial: Float64Array;
  /** `ROW_…` */
  readonly state: Uint8Array;
  /** `ORIGIN_…` */
  readonly origin: Uint8Array;
  /** Index of its unit among the names of the targets. */
  readonly unit: Int32Array;
  readonly pid: Int32Array;
  readonly ppid: Int32Array;
  /** Own CPU in nanoseconds. */
  readonly cpuNanos: Float64Array;
  /** Own CPU by mode, in ticks: for the split of `cpuNanos` only. */
  readonly userTicks: Float64Array;
  readonly systemTicks: Float64Array;
  /** CPU of descendants that it waited for, in nanoseconds (of ticks: a multiple of 10 ms as a rule). */
  readonly reapedNanos: Float64Array;
  /** RSS. */
  readonly memoryBytes: Float64Array;
  /** Its tasks, itself included, as `stat` last told; 0 where it has not. */
  readonly threads: Int32Array;
  /** Number of the stamp before its CPU was read (`Sample.readTimes`); 0: it was not read, or had not changed. */
  readonly stamp: Int32Array;
  readonly readBytes: Float64Array;
  readonly writeBytes: Float64Array;
  readonly cancelledWriteBytes: Float64Array;
  readonly readChars: Float64Array;
  readonly writeChars: Float64Array;
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.serial = new Float64Array(capacity);
    this.state = new Uint8Array(capacity);
    this.origin = new Uint8Array(capacity);
    this.unit = new Int32Array(capacity);
    this.pid = new Int32Array(capacity);
    this.ppid = new Int32Array(capacity);
    this.cpuNanos = new Float64Array(capacity);
    this.userTicks = new Float64Array(capacity);
    this.systemTicks = new Float64Array(capacity);
    this.reapedNanos = new Float64Array(capacity);
    this.memoryBytes = new Float64Array(capacity);
    this.threads = new Int32Array(capacity);
    this.stamp = new Int32Array(capacity);
    this.readBytes = new Float64Array(capacity);
    this.writeBytes = new Float64Array(capacity);
    this.cancelledWriteBytes = new Float64Array(capacity);
    this.readChars = new Float64Array(capacity);
    this.writeChars = new Float64Array(capacity);
  }

  /** Takes over every row of `other`, which is no larger. */
  copyFrom(other: ProcessColumns): void {
    this.serial.set(other.serial);
    this.state.set(other.state);
    this.origin.set(other.origin);
    this.unit.set(other.unit);
    this.pid.set(other.pid);
    this.ppid.set(other.ppid);
    this.cpuNanos.set(other.cpuNanos);
    this.userTicks.set(other.userTicks);
    this.systemTicks.set(other.systemTicks);
    this.reapedNanos.set(other.reapedNanos);
    this.memoryBytes.set(other.memoryBytes);
    this.threads.set(other.threads);
    this.stamp.set(other.stamp);
    this.readBytes.set(other.readBytes);
    this.writeBytes.set(other.writeBytes);
    this.cancelledWriteBytes.set(other.cancelledWriteBytes);
    this.readChars.set(other.readChars);
    this.writeChars.set(other.writeChars);
  }

  /** Whether any figure of the row in `slot` is another than in `other`, which holds the same row. */
  differsFrom(other: ProcessColumns, slot: number): boolean {
    return (
      this.cpuNanos[slot] !== other.cpuNanos[slot] ||
      this.serial[slot] !== other.serial[slot] ||
      this.state[slot] !== other.state[slot] ||
      this.ppid[slot] !== other.ppid[slot] ||
      differ(this.memoryBytes, other.memoryBytes, slot) ||
      this.reapedNanos[slot] !== other.reapedNanos[slot] ||
      this.userTicks[slot] !== other.userTicks[slot] ||
      this.systemTicks[slot] !== other.systemTicks[slot] ||
      this.threads[slot] !== other.threads[slot] ||
      differ(this.readBytes, other.readBytes, slot) ||
      differ(this.writeBytes, other.writeBytes, slot) ||
      differ(this.cancelledWriteBytes, other.cancelledWriteBytes, slot) ||
      differ(this.readChars, other.readChars, slot) ||
      differ(this.writeChars, other.writeChars, slot) ||
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
    this.readBytes[slot] = Number.NaN;
    this.writeBytes[slot] = Number.NaN;
    this.cancelledWriteBytes[slot] = Number.NaN;
    this.readChars[slot] = Number.NaN;
    this.writeChars[slot] = Number.NaN;
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
