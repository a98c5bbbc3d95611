import type { Sample } from '../../sampling/sample.ts';
import type { Deltas } from './deltas.ts';
import { ReapBalance } from './reap-balance.ts';

/** One of the counters of `io`, in which `/proc/PID/io` already holds what reaped children did: its columns in the tick at hand. */
export class IoMeasurement {
  /** Its place among `IO_COUNTERS`. */
  readonly index: number;
  readonly balance = new ReapBalance(0);
  now: Float64Array = new Float64Array(0);
  before: Float64Array = new Float64Array(0);
  delta: Float64Array = new Float64Array(0);

  constructor(index: number) {
    this.index = index;
  }

  beginTick(before: Sample | null, now: Sample, deltas: Deltas): void {
    this.balance.begin(now.rows.capacity);
    this.now = now.rows.io[this.index]!;
    this.before = (before ?? now).rows.io[this.index]!;
    this.delta = deltas.io[this.index]!;
  }
}
