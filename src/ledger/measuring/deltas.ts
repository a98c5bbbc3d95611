import { IO_COUNTERS, IO_INDEX } from '../../host/proc/io.ts';

const COLUMNS = [
  'observedSeconds',
  'rateSeconds',
  'cpuSeconds',
  'reapedCpuSeconds',
  'memoryBytes',
  'diskBytes',
  'transferBytes',
] as const;

/** What each row used in the tick at hand, by slot, before and after it was clamped to the cgroup. NaN is absent. */
export class Deltas {
  capacity = 0;
  /** 1: the row rests. All that it used is zero, and its memory is what it was. */
  atRest = new Uint8Array(0);
  /** Seconds that the row's figures cover; 0: no rate. */
  observedSeconds = new Float64Array(0);
  /** Seconds that its rates are over: no less than what lies between its two readings. */
  rateSeconds = new Float64Array(0);
  cpuSeconds = new Float64Array(0);
  reapedCpuSeconds = new Float64Array(0);
  memoryBytes = new Float64Array(0);
  /** Growth of the counters of `/proc/PID/io`, in the order of `IO_COUNTERS`. */
  readonly io: Float64Array[] = IO_COUNTERS.map(() => new Float64Array(0));
  /** `readBytes + writeBytes` and `readChars + writeChars`. */
  diskBytes = new Float64Array(0);
  transferBytes = new Float64Array(0);
  unit = new Int32Array(0);

  /** Whether the bytes of the row are known. */
  knowsBytes(slot: number): boolean {
    return !Number.isNaN(this.io[0]![slot]!);
  }

  /** Bytes that the row's cancelled writes would have been; NaN where not known. */
  cancelledWriteBytes(slot: number): number {
    return this.io[IO_INDEX.cancelledWriteBytes]![slot]!;
  }

  /** Sums up the row's bytes in `diskBytes` and `transferBytes`. */
  sumBytes(slot: number): void {
    const { io } = this;
    this.diskBytes[slot] = io[IO_INDEX.readBytes]![slot]! + io[IO_INDEX.writeBytes]![slot]!;
    this.transferBytes[slot] = io[IO_INDEX.readChars]![slot]! + io[IO_INDEX.writeChars]![slot]!;
  }

  /** Room for slots up to `capacity`; rows that rest keep their figures. */
  grow(capacity: number): void {
    if (capacity <= this.capacity) return;
    this.capacity = capacity;
    for (const column of COLUMNS) this[column] = grown(this[column], capacity);
    for (const [i, column] of this.io.entries()) this.io[i] = grown(column, capacity);
    const atRest = new Uint8Array(capacity);
    atRest.set(this.atRest);
    this.atRest = atRest;
    const unit = new Int32Array(capacity);
    unit.set(this.unit);
    this.unit = unit;
  }

  /**
   * Clamps the row's own and reaped CPU to the shares that its cgroup has room for: the rest was used elsewhere, and the
   * same share of the row's bytes with it.
   */
  clampToCgroup(slot: number, ownShare: number, reapedShare: number): void {
    if (ownShare >= 1 && reapedShare >= 1) return;
    const own = this.cpuSeconds[slot]!;
    const reaped = this.reapedCpuSeconds[slot]!;
    if (!(own + reaped > 0)) return;
    this.cpuSeconds[slot] = own * ownShare;
    this.reapedCpuSeconds[slot] = reaped * reapedShare;
    const share = (own * ownShare + reaped * reapedShare) / (own + reaped);
    for (const column of this.io) column[slot] = Math.round(column[slot]! * share);
  }
}

function grown(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(column);
  return larger;
}

/**
 * Growth of a counter: since the sample before, since birth, or not known (NaN) where there is neither. One that goes
 * back is the kernel's correction of an estimate: it is waited out, not booked.
 */
export function growthOf(
  column: Float64Array,
  earlier: Float64Array | undefined,
  born: boolean,
  slot: number,
): number {
  const start = earlier !== undefined ? earlier[slot]! : born ? 0 : Number.NaN;
  const growth = column[slot]! - start;
  return Math.max(growth, 0);
}
