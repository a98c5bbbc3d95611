/** Columns of the summary's process rows, and how users choose them. Constants alone: the configuration imports this. */

/**
 * The four quantities that are shown of each process and unit: the field of their statistics in the run document, its name in
 * the CSV, and the titles of a column with all statistics and of one with a single statistic.
 */
export const QUANTITIES = {
  cpu: { field: 'cpuPercent', csv: 'cpu_percent', title: 'CPU%', short: 'CPU%' },
  memory: { field: 'memoryBytes', csv: 'memory_bytes', title: 'MEM_MB', short: 'MEM' },
  disk: {
    field: 'diskBytesPerSecond',
    csv: 'disk_bytes_per_second',
    title: 'DISK_Bps',
    short: 'DISK/s',
  },
  transfer: {
    field: 'transferBytesPerSecond',
    csv: 'transfer_bytes_per_second',
    title: 'XFER_Bps',
    short: 'XFER/s',
  },
} as const;
export type Quantity = keyof typeof QUANTITIES;
export const QUANTITY_NAMES = Object.keys(QUANTITIES) as Quantity[];

/** Statistics of a quantity. */
export const MEASURES = ['min', 'max', 'avg', 'p95'] as const;
export type Measure = (typeof MEASURES)[number];

/** Columns of process rows, as `--summary-columns` and `--summary-sort` name them. */
export const SUMMARY_COLUMNS = [
  'pid',
  'name',
  'ppid',
  ...QUANTITY_NAMES,
  'cpu-time',
  'reaped-time',
  'cpu-sum',
  'cpu-p95',
  'memory-p95',
  'disk-p95',
  'transfer-p95',
  'cpu-peak-at',
  'memory-peak-at',
  'disk-peak-at',
  'transfer-peak-at',
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
  /** Of a column that holds a statistic; its maximum if null. */
  readonly measure: Measure | null;
  /** If null, the highest figure first; of texts, PIDs and times the lowest. */
  readonly direction: (typeof DIRECTIONS)[number] | null;
}

/** Which columns a summary shows of processes, and in which order the rows stand. */
export interface SummaryChoice {
  /** In this order, each once; `default` stands for the columns that are shown without a choice, as an empty list does. */
  readonly columns: readonly (SummaryColumn | 'default')[];
  /** The first counts most. Empty: each format has its own order. */
  readonly sort: readonly SortKey[];
}
