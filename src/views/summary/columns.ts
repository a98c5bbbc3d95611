import type { RunDocument, RunExited, RunProcess } from '../../ledger/run-document.ts';
import {
  ABSENT,
  type Alignment,
  byteCount,
  bytesPerSecond,
  duration,
  megabytes,
  minMaxAvg,
  percent,
  seconds,
  utcTime,
} from '../format.ts';
import { detailColumns } from './detail-columns.ts';

/** One column of a summary for people; the table and the markdown are made of the same ones. */
export interface Column<Row> {
  readonly title: string;
  readonly align: Alignment;
  /** How wide the cell may get, if it is text of a process, which the view must make harmless; null for figures. */
  readonly textColumns: number | null;
  readonly cell: (row: Row) => string;
}

/** The columns of process rows. */
export interface ProcessColumns {
  /** Those of the script that this program grew from, in its order and with its titles. */
  readonly leading: readonly Column<RunProcess>[];
  /** What the ledger knows beyond them. */
  readonly added: readonly Column<RunProcess>[];
  /** Who the row is about, to be repeated where the added columns stand by themselves. */
  readonly identity: readonly Column<RunProcess>[];
  /** Command lines, if the run has any. */
  readonly command: Column<RunProcess> | undefined;
}

function figure<Row>(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: 'right', textColumns: null, cell };
}

function words<Row>(title: string, textColumns: number, cell: (row: Row) => string): Column<Row> {
  return { title, align: 'left', textColumns, cell };
}

/** Wide enough for every `comm` with each of its 15 bytes escaped. */
const NAME_COLUMNS = 64;
/** What the text of a unit or a command line may take; the whole of it is in the JSON. */
export const LONG_TEXT_COLUMNS = 200;

/** Stands before CPU that was divided among names by what the kernel's exit records say. */
const APPORTIONED = '~';
/** Exit codes that a cell shows; all of them are in the JSON. */
const MOST_CODES = 8;

const PID = figure<RunProcess>('PID', (row) => String(row.pid));
const NAME = words<RunProcess>('NAME', NAME_COLUMNS, (row) => row.name);

const LEADING: readonly Column<RunProcess>[] = [
  PID,
  NAME,
  figure('PPID', (row) => String(row.ppid)),
  figure('CPU%(min/max/avg)', (row) => minMaxAvg(row.cpuPercent, percent)),
  figure('MEM_MB(min/max/avg)', (row) => minMaxAvg(row.memoryBytes, megabytes)),
  figure('DISK_Bps(min/max/avg)', (row) => minMaxAvg(row.diskBytesPerSecond, bytesPerSecond)),
  figure('XFER_Bps(min/max/avg)', (row) => minMaxAvg(row.transferBytesPerSecond, bytesPerSecond)),
];

/** The columns for the process rows of `document`; those that no row has anything for are left out. */
export function processColumns(document: RunDocument): ProcessColumns {
  const rows = document.units.flatMap((unit) => unit.processes);
  const added = [
    figure<RunProcess>('CPU_S', (row) => seconds(row.cpuSeconds)),
    figure<RunProcess>('REAPED_S', (row) => seconds(row.reapedCpuSeconds)),
    figure<RunProcess>('P95_CPU%', (row) => percent(row.cpuPercent?.p95 ?? null)),
    figure<RunProcess>('DISK_TOTAL', (row) => byteCount(row.diskBytes)),
    figure<RunProcess>('XFER_TOTAL', (row) => byteCount(row.transferBytes)),
  ];
  if (rows.some((row) => (row.cancelledWriteBytes ?? 0) > 0)) {
    added.push(figure('CANCELLED', (row) => byteCount(row.cancelledWriteBytes)));
  }
  for (const { title, cell } of detailColumns(rows)) added.push(figure(title, cell));
  added.push(
    figure('SAMPLES', (row) => String(row.samples)),
    figure('AGE', (row) => duration(ageSeconds(row, document))),
    figure('ENDED', (row) => (row.endedAt === null ? 'running' : utcTime(row.endedAt, document.endedAt))),
  );
  const command = rows.some((row) => row.command !== null)
    ? words<RunProcess>('COMMAND', LONG_TEXT_COLUMNS, (row) => row.command ?? ABSENT)
    : undefined;
  return { leading: LEADING, added, identity: [PID, NAME], command };
}

/** The columns of exited processes that are folded by name; exit codes stand there if any is known that is not 0. */
export function exitedColumns(rows: readonly RunExited[]): readonly Column<RunExited>[] {
  const columns: Column<RunExited>[] = [
    words('NAME', NAME_COLUMNS, (row) => row.name),
    figure('COUNT', (row) => String(row.count)),
    figure('CPU_S', (row) => (row.apportioned ? APPORTIONED : '') + seconds(row.cpuSeconds)),
    figure('PEAK_MEM_MB', (row) => megabytes(row.peakMemoryBytes)),
    figure('DISK_TOTAL', (row) => byteCount(row.diskBytes)),
    figure('XFER_TOTAL', (row) => byteCount(row.transferBytes)),
  ];
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

/** How long a process lived, to its end or to the end of the run; null if its start is not known. */
function ageSeconds(row: RunProcess, document: RunDocument): number | null {
  if (row.startedAt === null) return null;
  const lived = (Date.parse(row.endedAt ?? document.endedAt) - Date.parse(row.startedAt)) / 1_000;
  // The wall clock may have been set back meanwhile.
  return Math.max(0, lived);
}

/** Process rows with the heaviest CPU (own and reaped) first; equals by PID. */
export function heaviestFirst(rows: readonly RunProcess[]): readonly RunProcess[] {
  return rows.toSorted((a, b) => cpuOf(b) - cpuOf(a) || a.pid - b.pid);
}

/** Folded rows with the heaviest CPU first; equals by count. */
export function heaviestExitedFirst(rows: readonly RunExited[]): readonly RunExited[] {
  return rows.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count);
}

function cpuOf(row: RunProcess): number {
  return row.cpuSeconds + row.reapedCpuSeconds;
}
