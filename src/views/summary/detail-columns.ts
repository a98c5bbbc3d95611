import type { RunProcess, RunProcessDetails } from '../../ledger/document/run-document.ts';
import { ABSENT, decimal, megabytes, seconds } from '../format.ts';

/** CSV fields of details, in the order of the CSV: the only list of them. */
export const DETAIL_FIELDS = {
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
} as const satisfies Readonly<Record<string, keyof RunProcessDetails>>;

interface DetailColumn {
  readonly title: string;
  /** Its CSV fields; the cell has their values, separated by `/`. */
  readonly csv: readonly (keyof typeof DETAIL_FIELDS)[];
  readonly format: (value: number | null) => string;
}

const count = (value: number | null) => decimal(value, 0);

/** Columns of details, by their names in `--summary-columns`. The uptime has none, because every row has its age. */
export const DETAIL_COLUMNS = {
  threads: { title: 'THREADS(last/max)', csv: ['threads', 'threads_max'], format: count },
  faults: { title: 'FAULTS(minor/major)', csv: ['minor_faults', 'major_faults'], format: count },
  'context-switches': {
    title: 'SWITCHES(vol/invol)',
    csv: ['voluntary_context_switches', 'involuntary_context_switches'],
    format: count,
  },
  descriptors: {
    title: 'FDS(last/max/limit)',
    csv: ['open_descriptors', 'open_descriptors_max', 'descriptor_limit'],
    format: count,
  },
  'run-queue': { title: 'RUNQ_S', csv: ['run_queue_seconds'], format: seconds },
  pss: { title: 'PSS_MB(last/max)', csv: ['pss_bytes', 'pss_bytes_max'], format: megabytes },
} as const satisfies Readonly<Record<string, DetailColumn>>;

export type DetailColumnName = keyof typeof DETAIL_COLUMNS;
export const DETAIL_COLUMN_NAMES = Object.keys(DETAIL_COLUMNS) as readonly DetailColumnName[];

/** Whether the row has a value in the column. */
export function hasDetail(name: DetailColumnName, row: RunProcess): boolean {
  return valuesOf(name, row).some((value) => value !== null);
}

/** The text of the column. */
export function detailCell(name: DetailColumnName, row: RunProcess): string {
  if (!hasDetail(name, row)) return ABSENT;
  return valuesOf(name, row).map(DETAIL_COLUMNS[name].format).join('/');
}

/** The first value of the column, by which rows are sorted. */
export function detailKey(name: DetailColumnName, row: RunProcess): number | null {
  return valuesOf(name, row)[0]!;
}

function valuesOf(name: DetailColumnName, { details }: RunProcess): readonly (number | null)[] {
  return DETAIL_COLUMNS[name].csv.map((field) => details?.[DETAIL_FIELDS[field]] ?? null);
}
