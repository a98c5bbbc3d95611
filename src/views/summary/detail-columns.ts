import type { RunProcess, RunProcessDetails } from '../../ledger/document/run-document.ts';
import { ABSENT, decimal, megabytes, seconds } from '../format.ts';

interface DetailColumn {
  readonly title: string;
  /** Its figures. Where a run has none of them, it has not the column unless that is asked for. */
  readonly fields: readonly (keyof RunProcessDetails)[];
  readonly format: (value: number | null) => string;
}

const count = (value: number | null) => decimal(value, 0);

/** By the name that `--summary-columns` has for them; the uptime has a column in any case. */
export const DETAIL_COLUMNS = {
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

/** Whether there is anything for a column. */
export function hasDetail({ fields }: DetailColumn, row: RunProcess): boolean {
  return fields.some((field) => has(row, field));
}

export function detailCell(column: DetailColumn, row: RunProcess): string {
  if (!hasDetail(column, row)) return ABSENT;
  return column.fields.map((field) => column.format(row.details?.[field] ?? null)).join('/');
}

function has({ details }: RunProcess, field: keyof RunProcessDetails): boolean {
  return details !== null && details[field] !== null;
}
