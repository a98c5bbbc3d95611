import { cpuOf } from '../../ledger/document/exited-rows.ts';
import { QUANTITIES, QUANTITY_NAMES, type Quantity } from '../../ledger/document/quantities.ts';
import type { RunDocument, RunProcess, RunStatistic } from '../../ledger/document/run-document.ts';
import {
  ABSENT,
  byteCount,
  bytesPerSecond,
  duration,
  megabytes,
  minMaxAvgText,
  percent,
  seconds,
  utcTime,
} from '../format.ts';
import { type Column, figure, LONG_TEXT_COLUMNS, NAME_COLUMNS, words } from './column.ts';
import {
  DETAIL_COLUMN_NAMES,
  DETAIL_COLUMNS,
  type DetailColumnName,
  detailCell,
  detailKey,
  hasDetail,
} from './detail-columns.ts';
import { MEASURES, type Measure, type SummaryChoice, type SummaryColumn } from './summary-columns.ts';
import { peakTime } from './totals-sentences.ts';

/** A column of process rows. */
interface ProcessColumn extends Column<RunProcess> {
  /** Sort value of a row; a statistic is sorted by one of its parts. Null (unknown) is last. */
  readonly key: (row: RunProcess) => number | string | RunStatistic | null;
  /** Its CSV columns, including those of units and folded rows. */
  readonly csv: readonly string[];
}

/** Titles and texts of a quantity: all statistics together in the unit of the title, and a single one with its own unit. */
interface Look {
  readonly title: string;
  readonly all: (value: number | null) => string;
  readonly short: string;
  readonly one: (value: number | null) => string;
  readonly peakAt: string;
}
const LOOKS: Readonly<Record<Quantity, Look>> = {
  cpu: { title: 'CPU%', all: percent, short: 'CPU%', one: percent, peakAt: 'CPU_PEAK_AT' },
  memory: { title: 'MEM_MB', all: megabytes, short: 'MEM', one: byteCount, peakAt: 'MEM_PEAK_AT' },
  disk: { title: 'DISK_Bps', all: bytesPerSecond, short: 'DISK/s', one: byteCount, peakAt: 'DISK_PEAK_AT' },
  transfer: {
    title: 'XFER_Bps',
    all: bytesPerSecond,
    short: 'XFER/s',
    one: byteCount,
    peakAt: 'XFER_PEAK_AT',
  },
};

/** All columns, by their names in `--summary-columns` and `--summary-sort`. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one entry for each column
export function processColumns(document: RunDocument): Readonly<Record<SummaryColumn, ProcessColumn>> {
  return {
    pid: keyed(
      figure('PID', (row) => String(row.pid)),
      ({ pid }) => pid,
      ['pid'],
    ),
    name: keyed(
      words('NAME', NAME_COLUMNS, (row) => row.name),
      ({ name }) => name,
      ['name', 'count'],
    ),
    ppid: keyed(
      figure('PPID', (row) => String(row.ppid)),
      ({ ppid }) => ppid,
      ['ppid'],
    ),
    ...ofEach((name) => name, spread),
    'cpu-time': keyed(
      figure('CPU_S', (row) => seconds(row.cpuSeconds)),
      ({ cpuSeconds }) => cpuSeconds,
      ['cpu_seconds', 'unit_cpu_seconds'],
    ),
    'reaped-time': keyed(
      figure('REAPED_S', (row) => seconds(row.reapedCpuSeconds)),
      ({ reapedCpuSeconds }) => reapedCpuSeconds,
      ['reaped_cpu_seconds'],
    ),
    'cpu-sum': keyed(
      figure('CPU_SUM_S', (row) => seconds(cpuOf(row))),
      cpuOf,
      ['cpu_seconds', 'reaped_cpu_seconds', 'unit_cpu_seconds'],
    ),
    ...ofEach((name) => `${name}-p95` as const, p95),
    ...ofEach(
      (name) => `${name}-peak-at` as const,
      (name) => peakAt(name, document),
    ),
    'disk-total': keyed(
      figure('DISK_TOTAL', (row) => byteCount(row.diskBytes)),
      ({ diskBytes }) => diskBytes,
      ['disk_bytes', 'unit_disk_bytes'],
    ),
    'transfer-total': keyed(
      figure('XFER_TOTAL', (row) => byteCount(row.transferBytes)),
      ({ transferBytes }) => transferBytes,
      ['transfer_bytes', 'unit_transfer_bytes'],
    ),
    cancelled: keyed(
      figure('CANCELLED', (row) => byteCount(row.cancelledWriteBytes)),
      ({ cancelledWriteBytes }) => cancelledWriteBytes,
      ['cancelled_write_bytes', 'unit_cancelled_write_bytes'],
    ),
    ...details(),
    samples: keyed(
      figure('SAMPLES', (row) => String(row.samples)),
      ({ samples }) => samples,
      ['samples'],
    ),
    started: keyed(
      figure('STARTED', (row) => utcTime(row.startedAt, document.endedAt)),
      ({ startedAt }) => startedAt,
      ['started_at'],
    ),
    age: keyed(
      figure('AGE', (row) => duration(row.livedSeconds)),
      (row) => row.livedSeconds,
      ['lived_seconds'],
    ),
    ended: keyed(
      figure('ENDED', (row) => (row.endedAt === null ? 'running' : utcTime(row.endedAt, document.endedAt))),
      ({ endedAt }) => endedAt,
      ['ended_at'],
    ),
    'exit-code': keyed(
      figure('EXIT', (row) => String(row.exitCode ?? ABSENT)),
      ({ exitCode }) => exitCode,
      ['exit_code'],
    ),
    'sub-cgroup': keyed(
      words('SUB_CGROUP', LONG_TEXT_COLUMNS, (row) => row.subCgroup ?? ABSENT),
      ({ subCgroup }) => subCgroup,
      ['sub_cgroup'],
    ),
    command: keyed(
      words('COMMAND', LONG_TEXT_COLUMNS, (row) => row.command ?? ABSENT),
      ({ command }) => command,
      ['command'],
    ),
    ...parts(),
  };
}

/** The leading columns, with the order and titles of the script that this program grew from. */
export const LEADING = ['pid', 'name', 'ppid', ...QUANTITY_NAMES] as const;

/** Further columns for which any of `rows` has a value. */
function addedColumns(rows: readonly RunProcess[]): readonly SummaryColumn[] {
  const isCancelled = rows.some((row) => (row.cancelledWriteBytes ?? 0) > 0);
  return [
    'cpu-time',
    'reaped-time',
    'cpu-p95',
    'cpu-peak-at',
    'memory-peak-at',
    'disk-total',
    'transfer-total',
    ...(isCancelled ? (['cancelled'] as const) : []),
    ...detailColumns(rows),
    'samples',
    'age',
    'ended',
    ...(rows.some((row) => (row.exitCode ?? 0) !== 0) ? (['exit-code'] as const) : []),
    ...(rows.some((row) => row.command !== null) ? (['command'] as const) : []),
  ];
}

/** Table columns after the leading ones: CPU, and requested or unusual values. */
export function tableColumns(rows: readonly RunProcess[]): readonly SummaryColumn[] {
  return [
    'cpu-time',
    ...(rows.some((row) => row.reapedCpuSeconds > 0) ? (['reaped-time'] as const) : []),
    ...detailColumns(rows),
    ...(rows.some((row) => (row.exitCode ?? 0) !== 0) ? (['exit-code'] as const) : []),
    ...(rows.some((row) => row.subCgroup !== null) ? (['sub-cgroup'] as const) : []),
    ...(rows.some((row) => row.command !== null) ? (['command'] as const) : []),
  ];
}

/** Columns of details that any row has: a run that did not request them has the columns only on request. */
function detailColumns(rows: readonly RunProcess[]): readonly DetailColumnName[] {
  return DETAIL_COLUMN_NAMES.filter((name) => rows.some((row) => hasDetail(name, row)));
}

function keyed(column: Column<RunProcess>, key: ProcessColumn['key'], csv: readonly string[]): ProcessColumn {
  return { ...column, key, csv };
}

/** One column for each quantity. */
function ofEach<Name extends string>(
  nameOf: (quantity: Quantity) => Name,
  columnOf: (quantity: Quantity) => ProcessColumn,
): Readonly<Record<Name, ProcessColumn>> {
  const columns = QUANTITY_NAMES.map((quantity) => [nameOf(quantity), columnOf(quantity)] as const);
  return Object.fromEntries(columns) as Record<Name, ProcessColumn>;
}

/** `cpu`: minimum, maximum and average. */
function spread(name: Quantity): ProcessColumn {
  const { field } = QUANTITIES[name];
  const { title, all } = LOOKS[name];
  const column = figure<RunProcess>(`${title}(min/max/avg)`, (row) => minMaxAvgText(row[field], all));
  const peak = name === 'memory' ? ['peak_memory_bytes'] : [];
  return keyed(column, (row) => row[field], [...csvOf(name, ['min', 'max', 'avg']), ...peak]);
}

function parts(): Readonly<Record<`${Quantity}.${Measure}`, ProcessColumn>> {
  const columns = MEASURES.map((measure) =>
    ofEach(
      (name) => `${name}.${measure}` as const,
      (name) => part(name, measure),
    ),
  );
  return Object.assign({}, ...columns);
}

/** `cpu.avg`, `memory.max`: one part of a statistic, with its unit. */
function part(name: Quantity, measure: Measure): ProcessColumn {
  const { short, one } = LOOKS[name];
  const value = valueFrom(name, measure);
  return keyed(
    figure(`${short}(${measure})`, (row) => one(value(row))),
    value,
    csvOf(name, [measure]),
  );
}

function p95(name: Quantity): ProcessColumn {
  const { title, all } = LOOKS[name];
  const value = valueFrom(name, 'p95');
  return keyed(
    figure(`P95_${title}`, (row) => all(value(row))),
    value,
    csvOf(name, ['p95']),
  );
}

function valueFrom(name: Quantity, measure: Measure): (row: RunProcess) => number | null {
  const { field } = QUANTITIES[name];
  return (row) => row[field]?.[measure] ?? null;
}

function peakAt(name: Quantity, document: RunDocument): ProcessColumn {
  const { field } = QUANTITIES[name];
  const column = figure<RunProcess>(LOOKS[name].peakAt, (row) => peakTime(row[field], document.endedAt));
  return keyed(
    column,
    (row) => row[field]?.maxAfterSeconds ?? null,
    csvOf(name, ['max_at', 'max_after_seconds']),
  );
}

/** CSV columns of processes and of units. */
function csvOf(name: Quantity, measures: readonly string[]): string[] {
  const { csv } = QUANTITIES[name];
  return [csv, `unit_${csv}`].flatMap((start) => measures.map((measure) => `${start}_${measure}`));
}

function details(): Readonly<Record<DetailColumnName, ProcessColumn>> {
  const columns = DETAIL_COLUMN_NAMES.map((name) => [
    name,
    keyed(
      figure(DETAIL_COLUMNS[name].title, (row) => detailCell(name, row)),
      (row) => detailKey(name, row),
      DETAIL_COLUMNS[name].csv,
    ),
  ]);
  return Object.fromEntries(columns);
}

/** The names of the shown columns of process rows, each once. `added`: default columns in addition to the leading ones. */
export function shownColumns(
  document: RunDocument,
  { columns }: SummaryChoice,
  added: (rows: readonly RunProcess[]) => readonly SummaryColumn[] = addedColumns,
): readonly SummaryColumn[] {
  const wanted = columns.length === 0 ? (['default'] as const) : columns;
  const rows = document.units.flatMap((unit) => unit.processes);
  return [...new Set(wanted.flatMap((name) => (name === 'default' ? [...LEADING, ...added(rows)] : [name])))];
}

/** The shown columns of process rows. */
export function columnsOf(document: RunDocument, choice: SummaryChoice): readonly Column<RunProcess>[] {
  const all = processColumns(document);
  return shownColumns(document, choice).map((name) => all[name]);
}
