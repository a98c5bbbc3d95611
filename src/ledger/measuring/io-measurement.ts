import type { Sample } from '../../sampling/sample.ts';
import type { Deltas } from './deltas.ts';
import { ReapBalance } from './reap-balance.ts';

/** One counter of `/proc/PID/io`, which already includes reaped children: its columns in the current tick. */
export class IoMeasurement {
  /** Its index in `IO_COUNTERS`. */
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
