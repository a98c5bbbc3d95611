import { IO_COUNTERS, IO_INDEX } from '../../host/proc/io.ts';
import { grown } from '../../sampling/grown.ts';

const COLUMNS = [
  'observedSeconds',
  'rateSeconds',
  'cpuSeconds',
  'reapedCpuSeconds',
  'memoryBytes',
  'diskBytes',
  'transferBytes',
] as const;

/** Usage of each row in the current tick, by slot, before and after clamping to the cgroup. NaN: absent. */
export class Deltas {
  capacity = 0;
  /** 1: the row is idle. Its usage is zero, and its memory is unchanged. */
  atRest = new Uint8Array(0);
  /** Seconds that the row's values cover; 0: no rate. */
  observedSeconds = new Float64Array(0);
  /** Duration of its rates: at least the time between its two readings. */
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

  /** `cancelled_write_bytes` of the row; NaN if unknown. */
  cancelledWriteBytes(slot: number): number {
    return this.io[IO_INDEX.cancelledWriteBytes]![slot]!;
  }

  /** Computes `diskBytes` and `transferBytes` of the row. */
  sumBytes(slot: number): void {
    const { io } = this;
    this.diskBytes[slot] = io[IO_INDEX.readBytes]![slot]! + io[IO_INDEX.writeBytes]![slot]!;
    this.transferBytes[slot] = io[IO_INDEX.readChars]![slot]! + io[IO_INDEX.writeChars]![slot]!;
  }

  /** Makes room for slots up to `capacity`; idle rows keep their values. */
  grow(capacity: number): void {
    if (capacity <= this.capacity) return;
    this.capacity = capacity;
    for (const column of COLUMNS) this[column] = grown(this[column], capacity);
    for (const [i, column] of this.io.entries()) this.io[i] = grown(column, capacity);
    this.atRest = grown(this.atRest, capacity);
    this.unit = grown(this.unit, capacity);
  }

  /**
   * Clamps the row's own and reaped CPU to the shares that its cgroup has room for. The excess was used in other
   * cgroups, and so was the same share of the row's bytes.
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

/**
 * Growth of a counter since the previous sample or since birth; NaN if neither is known. A counter that decreases is a
 * correction of an estimate by the kernel: nothing is booked until it has caught up.
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
