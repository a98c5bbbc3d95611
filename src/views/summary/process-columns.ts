import type {
  RunDocument,
  RunProcess,
  RunProcessDetails,
  RunStatistic,
} from '../../ledger/document/run-document.ts';
import {
  ABSENT,
  byteCount,
  bytesPerSecond,
  decimal,
  duration,
  megabytes,
  minMaxAvg,
  percent,
  seconds,
  utcTime,
} from '../format.ts';
import { type Column, figure, LONG_TEXT_COLUMNS, NAME_COLUMNS, words } from './column.ts';
import { peakTime } from './totals-sentences.ts';

const count = (value: number | null) => decimal(value, 0);

/** By the name that `--summary-columns` has for them; the uptime has a column in any case. */
const DETAIL_COLUMNS = {
  threads: { title: 'THREADS(last/max)', fields: ['threads', 'peakThreads'], format: count },
  faults: { title: 'FAULTS(minor/major)', fields: ['minorFaults', 'majorFaults'], format: count },
  'context-switches': {
    title: 'SWITCHES(vol/invol)',
    fields: ['voluntaryContextSwitches', 'involuntaryContextSwitches'],
    format: count,
  },
  descriptors: {
    title: 'FDS(last/max/limit)',
    fields: ['openDescriptors', 'peakOpenDescriptors', 'descriptorLimit'],
    format: count,
  },
  'run-queue': { title: 'RUNQ_S', fields: ['runQueueSeconds'], format: seconds },
  pss: { title: 'PSS_MB(last/max)', fields: ['pssBytes', 'peakPssBytes'], format: megabytes },
} as const satisfies Readonly<Record<string, DetailColumn>>;

/** A column of process rows. */
interface ProcessColumn extends Column<RunProcess> {
  /** By what rows are sorted; a statistic is sorted by one of its parts. Null, which is not known, comes last. */
  readonly key: (row: RunProcess) => number | string | RunStatistic | null;
  /** What it shows, in columns of the CSV: with the unit's own and those of folded rows, where they have such. */
  readonly csv: readonly string[];
}

/** What the four figures with a statistic are called, and how they look: all of it, and `one` part with its unit. */
const STATISTICS = {
  cpu: {
    field: 'cpuPercent',
    csv: 'cpu_percent',
    title: 'CPU%',
    format: percent,
    part: 'CPU%',
    one: percent,
  },
  memory: {
    field: 'memoryBytes',
    csv: 'memory_bytes',
    title: 'MEM_MB',
    format: megabytes,
    part: 'MEM',
    one: byteCount,
  },
  disk: {
    field: 'diskBytesPerSecond',
    csv: 'disk_bytes_per_second',
    title: 'DISK_Bps',
    format: bytesPerSecond,
    part: 'DISK/s',
    one: byteCount,
  },
  transfer: {
    field: 'transferBytesPerSecond',
    csv: 'transfer_bytes_per_second',
    title: 'XFER_Bps',
    format: bytesPerSecond,
    part: 'XFER/s',
    one: byteCount,
  },
} as const;
type Figure = keyof typeof STATISTICS;
const MEASURES = ['min', 'max', 'avg', 'p95'] as const;
type Measure = (typeof MEASURES)[number];

/** All columns that there can be, by the names that `--summary-columns` and `--summary-sort` have for them. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one entry for each column
export function processColumns(document: RunDocument) {
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
    cpu: spread('cpu'),
    memory: spread('memory', ['peak_memory_bytes']),
    disk: spread('disk'),
    transfer: spread('transfer'),
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
    'cpu-p95': p95('cpu', 'P95_CPU%'),
    'memory-p95': p95('memory', 'P95_MEM_MB'),
    'disk-p95': p95('disk', 'P95_DISK_Bps'),
    'transfer-p95': p95('transfer', 'P95_XFER_Bps'),
    'cpu-peak-at': peakAt('cpu', 'CPU_PEAK_AT', document),
    'memory-peak-at': peakAt('memory', 'MEM_PEAK_AT', document),
    'disk-peak-at': peakAt('disk', 'DISK_PEAK_AT', document),
    'transfer-peak-at': peakAt('transfer', 'XFER_PEAK_AT', document),
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
    threads: detail('threads', ['threads', 'threads_max']),
    faults: detail('faults', ['minor_faults', 'major_faults']),
    'context-switches': detail('context-switches', [
      'voluntary_context_switches',
      'involuntary_context_switches',
    ]),
    descriptors: detail('descriptors', ['open_descriptors', 'open_descriptors_max', 'descriptor_limit']),
    'run-queue': detail('run-queue', ['run_queue_seconds']),
    pss: detail('pss', ['pss_bytes', 'pss_bytes_max']),
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
  } as const satisfies Readonly<Record<string, ProcessColumn>>;
}

/** What columns are called. */
export type ColumnName = keyof ReturnType<typeof processColumns>;

/** Those of the script that this program grew from, in its order and with its titles. */
export const LEADING = ['pid', 'name', 'ppid', 'cpu', 'memory', 'disk', 'transfer'] as const;

/** What the ledger knows beyond them, as far as any of `rows` has anything for it. */
export function addedColumns(rows: readonly RunProcess[]): readonly ColumnName[] {
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

/** What stands after the leading columns in a table: CPU, and what was asked for or is not as usual. */
export function tableColumns(rows: readonly RunProcess[]): readonly ColumnName[] {
  return [
    'cpu-time',
    ...(rows.some((row) => row.reapedCpuSeconds > 0) ? (['reaped-time'] as const) : []),
    ...detailColumns(rows),
    ...(rows.some((row) => (row.exitCode ?? 0) !== 0) ? (['exit-code'] as const) : []),
    ...(rows.some((row) => row.subCgroup !== null) ? (['sub-cgroup'] as const) : []),
    ...(rows.some((row) => row.command !== null) ? (['command'] as const) : []),
  ];
}

/** Those of details that any row has. */
function detailColumns(rows: readonly RunProcess[]): readonly (keyof typeof DETAIL_COLUMNS)[] {
  return Object.entries(DETAIL_COLUMNS).flatMap(([name, column]) =>
    rows.some((row) => hasDetail(column, row)) ? [name as keyof typeof DETAIL_COLUMNS] : [],
  );
}

function cpuOf(row: RunProcess): number {
  return row.cpuSeconds + row.reapedCpuSeconds;
}

function keyed(column: Column<RunProcess>, key: ProcessColumn['key'], csv: readonly string[]): ProcessColumn {
  return { ...column, key, csv };
}

function spread(name: Figure, more: readonly string[] = []): ProcessColumn {
  const { field, title, format } = STATISTICS[name];
  const column = figure<RunProcess>(`${title}(min/max/avg)`, (row) => minMaxAvg(row[field], format));
  return keyed(column, (row) => row[field], [...csvOf(name, ['min', 'max', 'avg']), ...more]);
}

/** `cpu.avg`, `memory.max`: one part of a statistic each, with its unit. */
function parts(): Readonly<Record<`${Figure}.${Measure}`, ProcessColumn>> {
  const columns: Partial<Record<`${Figure}.${Measure}`, ProcessColumn>> = {};
  for (const name of Object.keys(STATISTICS) as Figure[]) {
    const { field, part, one } = STATISTICS[name];
    for (const measure of MEASURES) {
      const value = (row: RunProcess) => row[field]?.[measure] ?? null;
      const column = figure<RunProcess>(`${part}(${measure})`, (row) => one(value(row)));
      columns[`${name}.${measure}`] = keyed(column, value, csvOf(name, [measure]));
    }
  }
  return columns as Readonly<Record<`${Figure}.${Measure}`, ProcessColumn>>;
}

function p95(name: Figure, title: string): ProcessColumn {
  const { field, format } = STATISTICS[name];
  const value = (row: RunProcess) => row[field]?.p95 ?? null;
  return keyed(
    figure(title, (row) => format(value(row))),
    value,
    csvOf(name, ['p95']),
  );
}

function peakAt(name: Figure, title: string, document: RunDocument): ProcessColumn {
  const { field } = STATISTICS[name];
  const column = figure<RunProcess>(title, (row) => peakTime(row[field], document.endedAt));
  return keyed(
    column,
    (row) => row[field]?.maxAfterSeconds ?? null,
    csvOf(name, ['max_at', 'max_after_seconds']),
  );
}

/** A process's columns, and the unit's own. */
function csvOf(name: Figure, measures: readonly string[]): string[] {
  const { csv } = STATISTICS[name];
  return [csv, `unit_${csv}`].flatMap((start) => measures.map((measure) => `${start}_${measure}`));
}

function detail(name: keyof typeof DETAIL_COLUMNS, csv: readonly string[]): ProcessColumn {
  const column = DETAIL_COLUMNS[name];
  const [field] = column.fields;
  return keyed(
    figure(column.title, (row) => detailCell(column, row)),
    (row) => row.details?.[field] ?? null,
    csv,
  );
}

interface DetailColumn {
  readonly title: string;
  /** Its figures. Where a run has none of them, it has not the column unless that is asked for. */
  readonly fields: readonly (keyof RunProcessDetails)[];
  readonly format: (value: number | null) => string;
}

/** Whether there is anything for a column. */
function hasDetail({ fields }: DetailColumn, row: RunProcess): boolean {
  return fields.some((field) => has(row, field));
}

function detailCell(column: DetailColumn, row: RunProcess): string {
  if (!hasDetail(column, row)) return ABSENT;
  return column.fields.map((field) => column.format(row.details?.[field] ?? null)).join('/');
}

function has({ details }: RunProcess, field: keyof RunProcessDetails): boolean {
  return details !== null && details[field] !== null;
}
