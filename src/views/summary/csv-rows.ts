import type {
  RunDocument,
  RunExited,
  RunProcess,
  RunProcessDetails,
  RunStatistic,
  RunUnit,
} from '../../ledger/document/run-document.ts';
import type { CsvValue } from '../csv-field.ts';
import { QUANTITIES, type Quantity } from './summary-columns.ts';

export type Row = Readonly<Partial<Record<string, CsvValue>>>;

/** Figures with statistics, by the prefix of their columns. */
const STATISTICS: Readonly<Record<string, QuantityField>> = Object.fromEntries(
  Object.values(QUANTITIES).map(({ csv, field }) => [csv, field]),
);
type QuantityField = (typeof QUANTITIES)[Quantity]['field'];

/** The same for all processes of a unit together, in separate columns. */
const UNIT_STATISTICS: Readonly<Record<string, QuantityField | 'processesAlive'>> = {
  unit_processes_alive: 'processesAlive',
  ...Object.fromEntries(Object.entries(STATISTICS).map(([csv, field]) => [`unit_${csv}`, field])),
};

/** Columns of a run with details. */
const DETAILS = {
  threads: 'threads',
  threads_max: 'peakThreads',
  uptime_seconds: 'uptimeSeconds',
  minor_faults: 'minorFaults',
  major_faults: 'majorFaults',
  voluntary_context_switches: 'voluntaryContextSwitches',
  involuntary_context_switches: 'involuntaryContextSwitches',
  open_descriptors: 'openDescriptors',
  open_descriptors_max: 'peakOpenDescriptors',
  descriptor_limit: 'descriptorLimit',
  run_queue_seconds: 'runQueueSeconds',
  pss_bytes: 'pssBytes',
  pss_bytes_max: 'peakPssBytes',
} as const satisfies Record<string, keyof RunProcessDetails>;

/** Columns of a run with names of processes that ended unseen. */
const UNSEEN: readonly string[] = ['apportioned', 'exit_codes'];

const MEASURES = { min: 'min', max: 'max', avg: 'avg', p95: 'p95' } as const satisfies Measures;
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
  ...columnsOf(STATISTICS, MEASURES),
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
  ...columnsOf(UNIT_STATISTICS, { ...MEASURES, ...MOMENTS }),
  'exit_code',
  'lived_seconds',
  'unit_cancelled_write_bytes',
];

/** The columns of a document. */
export function csvFields({ units }: RunDocument): readonly string[] {
  const hasDetails = units.some((unit) => unit.processes.some((row) => row.details !== null));
  const hasUnseen = units.some((unit) => unit.exited.some((row) => row.apportioned));
  return [...ALWAYS, ...(hasDetails ? Object.keys(DETAILS) : []), ...(hasUnseen ? UNSEEN : [])];
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
      return Object.entries({ ...MEASURES, ...MOMENTS }).map(([name, measure]) => [
        `${column}_${name}`,
        statistic?.[measure] ?? null,
      ]);
    }),
  );
}

export function unitRow({ unit, cgroup, instances, foldedUnits, cpu, totals, resources }: RunUnit): Row {
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
    unit_disk_bytes: totals.diskBytes,
    unit_transfer_bytes: totals.transferBytes,
    unit_cancelled_write_bytes: totals.cancelledWriteBytes,
    ...statisticsOf(UNIT_STATISTICS, totals),
  };
}

export function processRow({ unit }: RunUnit, row: RunProcess): Row {
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
    disk_bytes: row.diskBytes,
    transfer_bytes: row.transferBytes,
    cancelled_write_bytes: row.cancelledWriteBytes,
    exit_code: row.exitCode,
    command: row.command,
    sub_cgroup: row.subCgroup,
    ...Object.fromEntries(
      Object.entries(DETAILS).map(([column, field]) => [column, row.details?.[field] ?? null]),
    ),
  };
}

export function exitedRow({ unit }: RunUnit, row: RunExited): Row {
  return {
    kind: 'exited',
    unit,
    name: row.name,
    count: row.count,
    cpu_seconds: row.cpuSeconds,
    disk_bytes: row.diskBytes,
    transfer_bytes: row.transferBytes,
    cancelled_write_bytes: row.cancelledWriteBytes,
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
