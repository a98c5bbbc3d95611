import { QUANTITY_NAMES } from '../../ledger/document/quantities.ts';
import type {
  RunDocument,
  RunExited,
  RunName,
  RunProcess,
  RunUnit,
} from '../../ledger/document/run-document.ts';
import { unitCpuSeconds } from '../unit-use.ts';
import { processColumns } from './process-columns.ts';
import type { SortKey, SummaryChoice, SummaryColumn } from './summary-columns.ts';

/** Columns that sort ascending by default. */
const LOWEST_FIRST: ReadonlySet<SummaryColumn> = new Set<SummaryColumn>([
  'pid',
  'name',
  'ppid',
  'started',
  'ended',
  'sub-cgroup',
  'command',
  ...QUANTITY_NAMES.map((name) => `${name}-peak-at` as const),
]);

/** Sort values of folded rows for a column of processes; columns that they lack leave their order unchanged. */
const EXITED_KEYS: Readonly<Partial<Record<SummaryColumn, (row: RunExited) => Value>>> = {
  name: ({ name }) => name,
  'cpu-time': ({ cpuSeconds }) => cpuSeconds,
  'cpu-sum': ({ cpuSeconds }) => cpuSeconds,
  memory: ({ peakMemoryBytes }) => peakMemoryBytes,
  'disk-total': ({ diskBytes }) => diskBytes,
  'transfer-total': ({ transferBytes }) => transferBytes,
};

const HEAVIEST_FIRST: readonly SortKey[] = [{ column: 'cpu-sum', measure: null, direction: null }];

type Value = number | string | null;

/** Process rows in the requested order, or with most CPU (own and reaped) first; equals by PID. */
export function inOrder(
  rows: readonly RunProcess[],
  document: RunDocument,
  { sort }: SummaryChoice,
): readonly RunProcess[] {
  const columns = processColumns(document);
  const keys = [...sort, ...HEAVIEST_FIRST].map((key) => ({
    ...directionOf(key),
    value: (row: RunProcess): Value => {
      const value = columns[key.column].key(row);
      return typeof value === 'object' && value !== null ? value[key.measure ?? 'max'] : value;
    },
  }));
  return sorted(rows, keys, (a, b) => a.pid - b.pid);
}

/** Folded rows in the same order if they have the column, otherwise with most CPU first; equals by count. */
export function exitedInOrder(rows: readonly RunExited[], { sort }: SummaryChoice): readonly RunExited[] {
  const keys = [...sort, ...HEAVIEST_FIRST].flatMap((key) => {
    const value = EXITED_KEYS[key.column];
    return value === undefined ? [] : [{ ...directionOf(key), value }];
  });
  return sorted(rows, keys, (a, b) => b.count - a.count);
}

/** Names, sorted like folded rows. */
export function namesInOrder(rows: readonly RunName[], choice: SummaryChoice): readonly RunName[] {
  return exitedInOrder(rows, choice) as readonly RunName[];
}

/** Units with most CPU first; those of unknown or no CPU in their order. */
export function unitsInOrder(units: readonly RunUnit[]): readonly RunUnit[] {
  return units.toSorted((a, b) => unitCpuSeconds(b) - unitCpuSeconds(a));
}

/** The order of process rows in the words of the option; the sort column need not be shown. */
export function orderSentence({ sort }: SummaryChoice): string {
  if (sort.length === 0) return 'sorted by own and reaped CPU';
  const keys = sort.map((key) => {
    const measure = key.measure === null ? '' : `.${key.measure}`;
    return `${key.column}${measure} ${directionOf(key).sign === 1 ? 'ascending' : 'descending'}`;
  });
  return `sorted by ${keys.join(', ')}`;
}

function directionOf({ column, direction }: SortKey): { readonly sign: 1 | -1 } {
  const isAscending = direction === null ? LOWEST_FIRST.has(column) : direction === 'asc';
  return { sign: isAscending ? 1 : -1 };
}

function sorted<Row>(
  rows: readonly Row[],
  keys: readonly { readonly sign: number; readonly value: (row: Row) => Value }[],
  last: (a: Row, b: Row) => number,
): readonly Row[] {
  // Each value is read once, because a figure of a process is computed when it is read.
  const columns = keys.map(({ sign, value }) => ({ sign, values: rows.map(value) }));
  const order = Uint32Array.from(rows.keys()).sort((a, b) => {
    for (const { sign, values } of columns) {
      const difference = compared(values[a]!, values[b]!, sign);
      if (difference !== 0) return difference;
    }
    return last(rows[a]!, rows[b]!);
  });
  return Array.from(order, (at) => rows[at]!);
}

/** Unknown values are last in both directions. */
function compared(a: Value, b: Value, sign: number): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -sign : sign;
}
