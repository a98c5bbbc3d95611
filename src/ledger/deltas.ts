/** What each row used in the tick at hand, by slot, before and after what is foreign was cut. NaN is absent. */
export class Deltas {
  readonly capacity: number;
  /** Seconds that the row's figures cover; 0: no rate. */
  readonly observedSeconds: Float64Array;
  readonly cpuSeconds: Float64Array;
  readonly reapedCpuSeconds: Float64Array;
  readonly memoryBytes: Float64Array;
  readonly readBytes: Float64Array;
  readonly writeBytes: Float64Array;
  readonly cancelledWriteBytes: Float64Array;
  readonly readChars: Float64Array;
  readonly writeChars: Float64Array;
  /** `readBytes + writeBytes` and `readChars + writeChars`. */
  readonly diskBytes: Float64Array;
  readonly transferBytes: Float64Array;
  readonly unit: Int32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.observedSeconds = new Float64Array(capacity);
    this.cpuSeconds = new Float64Array(capacity);
    this.reapedCpuSeconds = new Float64Array(capacity);
    this.memoryBytes = new Float64Array(capacity);
    this.readBytes = new Float64Array(capacity);
    this.writeBytes = new Float64Array(capacity);
    this.cancelledWriteBytes = new Float64Array(capacity);
    this.readChars = new Float64Array(capacity);
    this.writeChars = new Float64Array(capacity);
    this.diskBytes = new Float64Array(capacity);
    this.transferBytes = new Float64Array(capacity);
    this.unit = new Int32Array(capacity);
  }
}
