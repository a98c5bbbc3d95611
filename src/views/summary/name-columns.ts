import type { RunName } from '../../ledger/document/run-document.ts';
import { percent } from '../format.ts';
import { type Column, figure } from './column.ts';
import { exitedColumns } from './exited-columns.ts';

const CPU_PERCENT = 'CPU%';

/** The columns of processes by name: as those of exited ones, with their share of the run. */
export function nameColumns(rows: readonly RunName[]): readonly Column<RunName>[] {
  const [name, count, cpu, ...rest] = exitedColumns(rows);
  const running = rows.some((row) => row.running > 0)
    ? [figure<RunName>('RUNNING', (row) => String(row.running))]
    : [];
  return [name!, count!, ...running, cpu!, figure(CPU_PERCENT, (row) => percent(row.cpuPercent)), ...rest];
}

/** Titles of the columns that a narrow terminal leaves out last. */
export const NARROW_RANKS = [
  'NAME',
  'COUNT',
  'CPU_S',
  CPU_PERCENT,
  'PEAK_MEM_MB',
  'DISK_TOTAL',
  'XFER_TOTAL',
];
