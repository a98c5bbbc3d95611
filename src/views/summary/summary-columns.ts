import { QUANTITY_NAMES } from '../../ledger/document/quantities.ts';

/** Columns of the summary's process rows, and choices of them. Only constants, because the configuration imports this module. */

/** Statistics of a quantity. */
export const MEASURES = ['min', 'max', 'avg', 'p95'] as const;
export type Measure = (typeof MEASURES)[number];

/** Columns of process rows, by their names in `--summary-columns` and `--summary-sort`. */
export const SUMMARY_COLUMNS = [
  'pid',
  'name',
  'ppid',
  ...QUANTITY_NAMES,
  'cpu-time',
  'reaped-time',
  'cpu-sum',
  ...QUANTITY_NAMES.map((name) => `${name}-p95` as const),
  ...QUANTITY_NAMES.map((name) => `${name}-peak-at` as const),
  'disk-total',
  'transfer-total',
  'cancelled',
  'threads',
  'faults',
  'context-switches',
  'descriptors',
  'run-queue',
  'pss',
  'samples',
  'started',
  'age',
  'ended',
  'exit-code',
  'sub-cgroup',
  'command',
  ...QUANTITY_NAMES.flatMap((name) => MEASURES.map((measure) => `${name}.${measure}` as const)),
] as const;
export type SummaryColumn = (typeof SUMMARY_COLUMNS)[number];

export const DIRECTIONS = ['asc', 'desc'] as const;

/** One column that rows are sorted by. */
export interface SortKey {
  readonly column: SummaryColumn;
  /** The part of a statistic; null: the maximum. */
  readonly measure: Measure | null;
  /** Null: numbers descending; texts, PIDs and times ascending. */
  readonly direction: (typeof DIRECTIONS)[number] | null;
}

/** The process columns of a summary, and the order of its rows. */
export interface SummaryChoice {
  /** In this order, each once; `default` and an empty list mean the default columns. */
  readonly columns: readonly (SummaryColumn | 'default')[];
  /** The first counts most. Empty: each format has its own order. */
  readonly sort: readonly SortKey[];
}
