import { QUANTITIES, type QuantityField } from '../../ledger/document/quantities.ts';
import type {
  RunBytes,
  RunDocument,
  RunExited,
  RunProcess,
  RunStatistic,
  RunUnit,
} from '../../ledger/document/run-document.ts';
import { type CsvValue, csvField } from '../csv-field.ts';
import { DETAIL_FIELDS } from './detail-columns.ts';
import { exitedInOrder, inOrder } from './order.ts';
import { processColumns, shownColumns } from './process-columns.ts';
import { MEASURES, type SummaryChoice } from './summary-columns.ts';

/**
 * The summary as CSV by RFC 4180, except that lines end in `\n`, as text tools expect.
 * `kind` is the kind of a row: `unit` (one each, also for a unit that was never seen; its figures have separate
 * columns, so that a sum over `cpu_seconds` counts nothing twice), `process`, or `exited` (`count` processes folded by
 * name). Numbers are exact; an empty field is unknown, or has no meaning for that kind.
 *
 * Rows are in the document's order unless another is requested.
 *
 * `csvField` writes text.
 */
export function* csvLines(document: RunDocument, choice: SummaryChoice): Generator<string, void, undefined> {
  const columns = choice.columns.length === 0 ? csvFields(document) : chosenFields(document, choice);
  const isSorted = choice.sort.length > 0;
  yield `${columns.join(',')}\n`;
  for (const unit of document.units) {
    yield line(columns, unitRow(unit));
    const processes = isSorted ? inOrder(unit.processes, document, choice) : unit.processes;
    const exited = isSorted ? exitedInOrder(unit.exited, choice) : unit.exited;
    for (const row of processes) yield line(columns, processRow(unit, row));
    for (const row of exited) yield line(columns, exitedRow(unit, row));
  }
}

/** The kinds of rows, and the fields of the chosen columns in order. */
function chosenFields(document: RunDocument, choice: SummaryChoice): readonly string[] {
  const all = processColumns(document);
  return [...new Set(['kind', 'unit', ...shownColumns(document, choice).flatMap((name) => all[name].csv)])];
}

function line(columns: readonly string[], row: Row): string {
  return `${columns.map((column) => csvField(row[column] ?? null)).join(',')}\n`;
}

type Row = Readonly<Partial<Record<string, CsvValue>>>;

/** Figures with statistics, by the prefix of their columns. */
const STATISTICS: Readonly<Record<string, QuantityField>> = Object.fromEntries(
  Object.values(QUANTITIES).map(({ csv, field }) => [csv, field]),
);

/** The same for all processes of a unit together, in separate columns. */
const UNIT_STATISTICS: Readonly<Record<string, QuantityField | 'processesAlive'>> = {
  unit_processes_alive: 'processesAlive',
  ...Object.fromEntries(Object.entries(STATISTICS).map(([csv, field]) => [`unit_${csv}`, field])),
};

/** Columns of a run with names of processes that ended unseen. */
const UNSEEN: readonly string[] = ['apportioned', 'exit_codes'];

const STATISTIC: Measures = Object.fromEntries(MEASURES.map((measure) => [measure, measure]));
/** Time of the maximum. */
const MOMENTS = { max_at: 'maxAt', max_after_seconds: 'maxAfterSeconds' } as const satisfies Measures;
type Measures = Readonly<Record<string, keyof RunStatistic>>;

/** The header row: one column per figure, with the unit in its name. */
const ALWAYS: readonly string[] = [
  'kind',
  'unit',
  'pid',
  'name',
  'ppid',
  'count',
  'started_at',
  'ended_at',
  'samples',
  ...columnsOf(STATISTICS, STATISTIC),
  'cpu_seconds',
  'reaped_cpu_seconds',
  'disk_bytes',
  'transfer_bytes',
  'cancelled_write_bytes',
  'peak_memory_bytes',
  'unit_cgroup',
  'unit_instances',
  'unit_folded_units',
  'unit_cpu_seconds',
  'unit_attributed_cpu_seconds',
  'unit_reaped_outside_cpu_seconds',
  'unit_unknown_cpu_seconds',
  'unit_cpu_coverage_ratio',
  'unit_shared_cpu_seconds',
  'unit_memory_peak_bytes',
  'unit_memory_max_events',
  'unit_oom_kills',
  'unit_throttled_seconds',
  'unit_cpu_pressure_seconds',
  'unit_memory_pressure_seconds',
  'unit_io_pressure_seconds',
  'command',
  'sub_cgroup',
  ...columnsOf(STATISTICS, MOMENTS),
  'unit_processes_seen',
  'unit_disk_bytes',
  'unit_transfer_bytes',
  ...columnsOf(UNIT_STATISTICS, { ...STATISTIC, ...MOMENTS }),
  'exit_code',
  'lived_seconds',
  'unit_cancelled_write_bytes',
];

/** The columns of a document. */
function csvFields({ units }: RunDocument): readonly string[] {
  const hasDetails = units.some((unit) => unit.processes.some((row) => row.details !== null));
  const hasUnseen = units.some((unit) => unit.exited.some((row) => row.apportioned));
  return [...ALWAYS, ...(hasDetails ? Object.keys(DETAIL_FIELDS) : []), ...(hasUnseen ? UNSEEN : [])];
}

function columnsOf(figures: Readonly<Record<string, string>>, measures: Measures): string[] {
  return Object.keys(figures).flatMap((figure) =>
    Object.keys(measures).map((measure) => `${figure}_${measure}`),
  );
}

/** The fields of the columns of `figures`. */
function statisticsOf<Figure extends string>(
  figures: Readonly<Record<string, Figure>>,
  row: Readonly<Record<Figure, RunStatistic | null>>,
): Row {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([column, figure]) => {
      const statistic = row[figure];
      return Object.entries({ ...STATISTIC, ...MOMENTS }).map(([name, measure]) => [
        `${column}_${name}`,
        statistic?.[measure] ?? null,
      ]);
    }),
  );
}

function bytesOf(bytes: RunBytes, prefix = ''): Row {
  return {
    [`${prefix}disk_bytes`]: bytes.diskBytes,
    [`${prefix}transfer_bytes`]: bytes.transferBytes,
    [`${prefix}cancelled_write_bytes`]: bytes.cancelledWriteBytes,
  };
}

function unitRow({ unit, cgroup, instances, foldedUnits, cpu, totals, resources }: RunUnit): Row {
  return {
    kind: 'unit',
    unit,
    unit_cgroup: cgroup,
    unit_instances: instances,
    unit_folded_units: foldedUnits,
    unit_cpu_seconds: cpu.totalSeconds,
    unit_attributed_cpu_seconds: cpu.attributedSeconds,
    unit_reaped_outside_cpu_seconds: cpu.unattributed?.reapedOutsideSeconds ?? null,
    unit_unknown_cpu_seconds: cpu.unattributed?.unknownSeconds ?? null,
    unit_cpu_coverage_ratio: cpu.coverage,
    unit_shared_cpu_seconds: cpu.sharedSeconds,
    unit_memory_peak_bytes: resources?.memoryPeakBytes ?? null,
    unit_memory_max_events: resources?.memoryEvents.max ?? null,
    unit_oom_kills: resources?.memoryEvents.oomKill ?? null,
    unit_throttled_seconds: resources?.throttledSeconds ?? null,
    unit_cpu_pressure_seconds: resources?.pressure.cpu.someSeconds ?? null,
    unit_memory_pressure_seconds: resources?.pressure.memory.someSeconds ?? null,
    unit_io_pressure_seconds: resources?.pressure.io.someSeconds ?? null,
    unit_processes_seen: totals.processesSeen,
    ...bytesOf(totals, 'unit_'),
    ...statisticsOf(UNIT_STATISTICS, totals),
  };
}

function processRow({ unit }: RunUnit, row: RunProcess): Row {
  return {
    kind: 'process',
    unit,
    pid: row.pid,
    name: row.name,
    ppid: row.ppid,
    started_at: row.startedAt,
    ended_at: row.endedAt,
    lived_seconds: row.livedSeconds,
    samples: row.samples,
    ...statisticsOf(STATISTICS, row),
    cpu_seconds: row.cpuSeconds,
    reaped_cpu_seconds: row.reapedCpuSeconds,
    ...bytesOf(row),
    exit_code: row.exitCode,
    command: row.command,
    sub_cgroup: row.subCgroup,
    ...Object.fromEntries(
      Object.entries(DETAIL_FIELDS).map(([column, field]) => [column, row.details?.[field] ?? null]),
    ),
  };
}

function exitedRow({ unit }: RunUnit, row: RunExited): Row {
  return {
    kind: 'exited',
    unit,
    name: row.name,
    count: row.count,
    cpu_seconds: row.cpuSeconds,
    ...bytesOf(row),
    peak_memory_bytes: row.peakMemoryBytes,
    apportioned: String(row.apportioned),
    exit_codes:
      row.exitCodes === null
        ? null
        : Object.entries(row.exitCodes)
            .map(([code, count]) => `${code}:${count}`)
            .join(' '),
  };
}
