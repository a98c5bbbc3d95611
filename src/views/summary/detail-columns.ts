import type { RunProcess, RunProcessDetails } from '../../ledger/run-document.ts';
import { ABSENT, decimal, megabytes, seconds } from '../format.ts';

interface DetailColumn {
  readonly title: string;
  /** Its figures. Where a run has none of them, it has not the column. */
  readonly fields: readonly (keyof RunProcessDetails)[];
  readonly format: (value: number | null) => string;
}

const count = (value: number | null) => decimal(value, 0);

const COLUMNS: readonly DetailColumn[] = [
  { title: 'THREADS(last/max)', fields: ['threads', 'peakThreads'], format: count },
  { title: 'FAULTS(minor/major)', fields: ['minorFaults', 'majorFaults'], format: count },
  {
    title: 'SWITCHES(vol/invol)',
    fields: ['voluntaryContextSwitches', 'involuntaryContextSwitches'],
    format: count,
  },
  {
    title: 'FDS(last/max/limit)',
    fields: ['openDescriptors', 'peakOpenDescriptors', 'descriptorLimit'],
    format: count,
  },
  { title: 'RUNQ_S', fields: ['runQueueSeconds'], format: seconds },
  { title: 'PSS_MB(last/max)', fields: ['pssBytes', 'peakPssBytes'], format: megabytes },
];

/** Titles and cells of what there is of the details of `rows`; the uptime has a column in any case. */
export function detailColumns(
  rows: readonly RunProcess[],
): { readonly title: string; readonly cell: (row: RunProcess) => string }[] {
  const isThere = ({ fields }: DetailColumn) => rows.some((row) => fields.some((field) => has(row, field)));
  return COLUMNS.filter(isThere).map(({ title, fields, format }) => ({
    title,
    cell: (row) =>
      fields.some((field) => has(row, field))
        ? fields.map((field) => format(row.details?.[field] ?? null)).join('/')
        : ABSENT,
  }));
}

function has({ details }: RunProcess, field: keyof RunProcessDetails): boolean {
  return details !== null && details[field] !== null;
}
