import type { RunExited } from '../../ledger/document/run-document.ts';
import { ABSENT, byteCount, megabytes, seconds } from '../format.ts';
import { type Column, figure, NAME_COLUMNS, words } from './column.ts';

/** Marks CPU that was divided among names in proportion to the kernel's exit records. */
const APPORTIONED = '~';
/** Maximum exit codes in a cell; the JSON has all of them. */
const MOST_CODES = 8;

/** The columns of exited processes folded by name; with exit codes if any known one is not 0. */
export function exitedColumns(rows: readonly RunExited[]): readonly Column<RunExited>[] {
  const columns: Column<RunExited>[] = [
    words('NAME', NAME_COLUMNS, (row) => row.name),
    figure('COUNT', (row) => String(row.count)),
    figure('CPU_S', (row) => (row.apportioned ? APPORTIONED : '') + seconds(row.cpuSeconds)),
    figure('PEAK_MEM_MB', (row) => megabytes(row.peakMemoryBytes)),
    figure('DISK_TOTAL', (row) => byteCount(row.diskBytes)),
    figure('XFER_TOTAL', (row) => byteCount(row.transferBytes)),
  ];
  if (rows.some(({ cancelledWriteBytes }) => (cancelledWriteBytes ?? 0) > 0))
    columns.push(figure('CANCELLED', (row) => byteCount(row.cancelledWriteBytes)));
  if (rows.some(({ exitCodes }) => exitCodes !== null && Object.keys(exitCodes).length > 0))
    columns.push(figure('EXIT_CODES', (row) => codesOf(row)));
  return columns;
}

/** `1(x3) 139`: three ended with 1, one by signal 11. */
function codesOf({ exitCodes }: RunExited): string {
  const codes = Object.entries(exitCodes ?? {});
  if (codes.length === 0) return ABSENT;
  const shown = codes
    .slice(0, MOST_CODES)
    .map(([code, count]) => (count === 1 ? code : `${code}(x${count})`));
  return [...shown, ...(codes.length > MOST_CODES ? ['…'] : [])].join(' ');
}
