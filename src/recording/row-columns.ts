import { IO_COUNTERS } from '../host/proc/io.ts';
import { type ProcessColumns, ROW_EMPTY, ROW_ENDED } from '../sampling/process-columns.ts';

/** The columns of rows, in the order of the format: the bit of each in a row's mask is its place here. */
export const ROW_COLUMNS = [
  'serial',
  'state',
  'origin',
  'unit',
  'pid',
  'ppid',
  'cpuNanos',
  'userTicks',
  'systemTicks',
  'reapedNanos',
  'memoryBytes',
  ...IO_COUNTERS,
  'threads',
  'stamp',
] as const satisfies (keyof ProcessColumns)[];

/** Forgets all rows: what a block of the recording begins with. */
export function clearRows(rows: ProcessColumns): void {
  for (const column of ROW_COLUMNS) rows[column].fill(0);
}

/** Empties the rows of `slots` that have ended; the slots that are left. */
export function dropEnded(slots: readonly number[], rows: ProcessColumns): number[] {
  return slots.filter((slot) => {
    if (rows.state[slot] !== ROW_ENDED) return true;
    rows.state[slot] = ROW_EMPTY;
    rows.serial[slot] = 0;
    return false;
  });
}
