import type {
  RunDocument,
  RunExited,
  RunProcess,
  RunProcessDetails,
  RunStatistic,
  RunUnit,
} from '../../ledger/run-document.ts';
import { escapeOf, printable } from '../../text/printable.ts';

type Value = string | number | null;
type Row = Readonly<Partial<Record<string, Value>>>;

const STATISTICS = {
  cpu_percent: 'cpuPercent',
  memory_bytes: 'memoryBytes',
  disk_bytes_per_second: 'diskBytesPerSecond',
  transfer_bytes_per_second: 'transferBytesPerSecond',
} as const satisfies Record<string, keyof RunProcess>;

/** Columns that a run has only if it was asked for details. */
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

/** Columns that a run has only if it has names of processes that ended unseen. */
const UNSEEN: readonly string[] = ['apportioned', 'exit_codes'];

const MEASURES = ['min', 'max', 'avg', 'p95'] as const satisfies (keyof RunStatistic)[];

/** The header row: a column a figure, its unit in its name. */
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
  ...Object.keys(STATISTICS).flatMap((figure) => MEASURES.map((measure) => `${figure}_${measure}`)),
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
];

/**
 * The summary as CSV by RFC 4180, but for lines that end in `\n` alone, as the text tools it is piped into expect.
 * `kind` says what a row is: `unit` (one each, also for a unit that was never seen; its figures have columns of their
 * own, so that a sum over `cpu_seconds` counts nothing twice), `process`, or `exited` (`count` processes folded by
 * name). Numbers are exact; an empty field is unknown, or has no meaning for that kind.
 *
 * Text is printable. A spreadsheet runs a field that starts with `=`, `+`, `-` or `@` as a formula, so such a first
 * character (also one after a `;`, which is the separator in some countries) is written as an escape, `\x3d` for
 * `=`: the same escapes as everywhere, so that the text can be read back.
 */
export function renderCsv(document: RunDocument): string {
  const hasDetails = document.units.some((unit) => unit.processes.some((row) => row.details !== null));
  const hasUnseen = document.units.some((unit) => unit.exited.some((row) => row.apportioned));
  const columns = [...ALWAYS, ...(hasDetails ? Object.keys(DETAILS) : []), ...(hasUnseen ? UNSEEN : [])];
  const lines = [columns.join(',')];
  for (const unit of document.units) {
    lines.push(line(columns, unitRow(unit)));
    for (const row of unit.processes) lines.push(line(columns, processRow(unit, row)));
    for (const row of unit.exited) lines.push(line(columns, exitedRow(unit, row)));
  }
  return `${lines.join('\n')}\n`;
}

function unitRow({ unit, cgroup, instances, foldedUnits, cpu, resources }: RunUnit): Row {
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
  };
}

function processRow({ unit }: RunUnit, row: RunProcess): Row {
  const statistics = Object.entries(STATISTICS).flatMap(([column, figure]) =>
    MEASURES.map((measure) => [`${column}_${measure}`, row[figure]?.[measure] ?? null]),
  );
  return {
    kind: 'process',
    unit,
    pid: row.pid,
    name: row.name,
    ppid: row.ppid,
    started_at: row.startedAt,
    ended_at: row.endedAt,
    samples: row.samples,
    ...Object.fromEntries(statistics),
    cpu_seconds: row.cpuSeconds,
    reaped_cpu_seconds: row.reapedCpuSeconds,
    disk_bytes: row.diskBytes,
    transfer_bytes: row.transferBytes,
    cancelled_write_bytes: row.cancelledWriteBytes,
    command: row.command,
    sub_cgroup: row.subCgroup,
    ...Object.fromEntries(
      Object.entries(DETAILS).map(([column, field]) => [column, row.details?.[field] ?? null]),
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
    disk_bytes: row.diskBytes,
    transfer_bytes: row.transferBytes,
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

function line(columns: readonly string[], row: Row): string {
  return columns.map((column) => field(row[column] ?? null)).join(',');
}

function field(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = printable(value).replace(
    FORMULA_START,
    (_, before: string, sign: string) => before + escapeOf(sign),
  );
  return /^ | $|[",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What makes a formula of a field, the full-width forms too, behind whatever a spreadsheet may strip before it. */
const FORMULA_START = /((?:^|;)[\s"']*)([=+\-@＝＋－＠])/g;
