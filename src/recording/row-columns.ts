import type { ProcessColumns } from '../sampling/process-columns.ts';

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
  'readBytes',
  'writeBytes',
  'cancelledWriteBytes',
  'readChars',
  'writeChars',
  'threads',
] as const satisfies (keyof ProcessColumns)[];

/** Forgets all rows: what a block of the recording begins with. */
export function clearRows(rows: ProcessColumns): void {
  for (const column of ROW_COLUMNS) rows[column].fill(0);
}
