import { type Format, inWords } from './format.ts';
import type { ReadValues } from './given.ts';

const STATISTIC_NAMES = ['cpu', 'memory', 'disk', 'transfer'] as const;
const MEASURES = ['min', 'max', 'avg', 'p95'] as const;

/** Columns of process rows, as `--summary-columns` and `--summary-sort` name them; a test holds them to the view's. */
export const SUMMARY_COLUMNS = [
  'pid',
  'name',
  'ppid',
  'cpu',
  'memory',
  'disk',
  'transfer',
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
  ...partsOf(STATISTIC_NAMES),
] as const;
type SummaryColumn = (typeof SUMMARY_COLUMNS)[number];

/** Those that hold a statistic, and its parts. */
const STATISTICS: readonly SummaryColumn[] = STATISTIC_NAMES;
const DIRECTIONS = ['asc', 'desc'] as const;

/** One thing that rows are sorted by; null is the column's own way. */
interface SummarySortKey {
  readonly column: SummaryColumn;
  readonly measure: (typeof MEASURES)[number] | null;
  readonly direction: (typeof DIRECTIONS)[number] | null;
}

/** What the summary shows of processes, and in which order. */
export interface SummaryChoice {
  /** Each once; none: as without a choice. */
  readonly columns: readonly (SummaryColumn | 'default')[];
  readonly sort: readonly SummarySortKey[];
}

const SORT_KEY = /^([a-z0-9-]+)(?:\.([a-z0-9]+))?(?::([a-z]+))?$/;

/** `cpu-time`, `memory.avg`, `name:desc`, as a format reads it. */
export const SUMMARY_SORT: Format<string> = {
  accepted:
    `${inWords(SUMMARY_COLUMNS)}, of which ${inWords(STATISTICS).replace(' or ', ' and ')} may end in ` +
    `${inWords(MEASURES.map((measure) => `.${measure}`))}, and all in ${inWords(DIRECTIONS.map((way) => `:${way}`))}`,
  holds: 'string',
  words: SUMMARY_COLUMNS,
  fileTypes: ['string'],
  read(text) {
    const lower = text.toLowerCase();
    return sortKeyOf(lower) === null
      ? { kind: 'must', must: this.accepted }
      : { kind: 'value', value: lower };
  },
  write: String,
};

function sortKeyOf(text: string): SummarySortKey | null {
  const [, name, measureName, directionName] = SORT_KEY.exec(text) ?? [];
  const column = SUMMARY_COLUMNS.find((one) => one === name);
  const measure = measureName === undefined ? null : MEASURES.find((one) => one === measureName);
  const direction = directionName === undefined ? null : DIRECTIONS.find((one) => one === directionName);
  if (column === undefined || measure === undefined || direction === undefined) return null;
  if (measure !== null && !STATISTICS.includes(column)) return null;
  return { column, measure, direction };
}

/** What was asked for; says where it changes nothing. */
export function summaryChoiceOf(
  settings: {
    readonly summary: string;
    readonly 'summary-columns': SummaryChoice['columns'];
    readonly 'summary-sort': readonly string[];
  },
  decidedBy: ReadonlyMap<string, ReadValues>,
  warnings: string[],
): SummaryChoice {
  for (const name of ['summary-columns', 'summary-sort']) {
    const decided = decidedBy.get(name);
    if (decided !== undefined && settings.summary === 'json')
      warnings.push(`${decided[0].given.named} changes nothing: the json summary is the whole run document`);
  }
  // Each form has its own ways where nothing was asked for.
  return {
    columns: decidedBy.has('summary-columns') ? [...new Set(settings['summary-columns'])] : [],
    sort: decidedBy.has('summary-sort') ? settings['summary-sort'].map((text) => sortKeyOf(text)!) : [],
  };
}

/** `cpu.min`, `cpu.max`, …. */
function partsOf<const Name extends string>(
  names: readonly Name[],
): `${Name}.${(typeof MEASURES)[number]}`[] {
  return names.flatMap((name) => MEASURES.map((measure) => `${name}.${measure}` as const));
}
