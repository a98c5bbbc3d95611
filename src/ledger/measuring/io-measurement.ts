import type { Sample } from '../../sampling/sample.ts';
import type { Deltas } from './deltas.ts';
import { ReapBalance } from './reap-balance.ts';

/** The counters in which `/proc/PID/io` already holds what reaped children did. */
export const IO_COLUMNS = [
  'readBytes',
  'writeBytes',
  'cancelledWriteBytes',
  'readChars',
  'writeChars',
] as const;

/** One of the counters of `io`: its columns in the tick at hand. */
export class IoMeasurement {
  readonly column: (typeof IO_COLUMNS)[number];
  readonly balance = new ReapBalance(0);
  now: Float64Array = new Float64Array(0);
  before: Float64Array = new Float64Array(0);
  delta: Float64Array = new Float64Array(0);

  constructor(column: (typeof IO_COLUMNS)[number]) {
    this.column = column;
  }

  beginTick(before: Sample | null, now: Sample, deltas: Deltas): void {
    this.balance.begin(now.rows.capacity);
    this.now = now.rows[this.column];
    this.before = (before ?? now).rows[this.column];
    this.delta = deltas[this.column];
  }
}
