const COLUMNS = [
  'observedSeconds',
  'cpuSeconds',
  'reapedCpuSeconds',
  'memoryBytes',
  'readBytes',
  'writeBytes',
  'cancelledWriteBytes',
  'readChars',
  'writeChars',
  'diskBytes',
  'transferBytes',
] as const;

/** What each row used in the tick at hand, by slot, before and after what is foreign was cut. NaN is absent. */
export class Deltas {
  capacity = 0;
  /** 1: the row rests. All that it used is zero, and its memory is what it was. */
  atRest = new Uint8Array(0);
  /** Seconds that the row's figures cover; 0: no rate. */
  observedSeconds = new Float64Array(0);
  cpuSeconds = new Float64Array(0);
  reapedCpuSeconds = new Float64Array(0);
  memoryBytes = new Float64Array(0);
  readBytes = new Float64Array(0);
  writeBytes = new Float64Array(0);
  cancelledWriteBytes = new Float64Array(0);
  readChars = new Float64Array(0);
  writeChars = new Float64Array(0);
  /** `readBytes + writeBytes` and `readChars + writeChars`. */
  diskBytes = new Float64Array(0);
  transferBytes = new Float64Array(0);
  unit = new Int32Array(0);

  /** Room for slots up to `capacity`; rows that rest keep their figures. */
  grow(capacity: number): void {
    if (capacity <= this.capacity) return;
    this.capacity = capacity;
    for (const column of COLUMNS) {
      const larger = new Float64Array(capacity);
      larger.set(this[column]);
      this[column] = larger;
    }
    const atRest = new Uint8Array(capacity);
    atRest.set(this.atRest);
    this.atRest = atRest;
    const unit = new Int32Array(capacity);
    unit.set(this.unit);
    this.unit = unit;
  }
  /**
   * Cuts what the row reaped down to the share that is `kept`: where part of it came from elsewhere, that part of its
   * bytes did as well.
   */
  cutForeign(slot: number, kept: number): void {
    const reaped = this.reapedCpuSeconds[slot]!;
    if (kept >= 1 || !(reaped > 0)) return;
    const share = (this.cpuSeconds[slot]! + reaped * kept) / (this.cpuSeconds[slot]! + reaped);
    this.reapedCpuSeconds[slot] = reaped * kept;
    this.readBytes[slot]! *= share;
    this.writeBytes[slot]! *= share;
    this.cancelledWriteBytes[slot]! *= share;
    this.readChars[slot]! *= share;
    this.writeChars[slot]! *= share;
  }
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
