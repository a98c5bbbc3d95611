import { cpuOf } from '../../../ledger/document/exited-rows.ts';
import { isQuantity, QUANTITIES } from '../../../ledger/document/quantities.ts';
import type { LiveProcess } from '../model/frame.ts';
import type { Item } from './row.ts';
import { hasStatistics, type SortKey, type ViewState } from './view-state.ts';

/** Columns whose default order is ascending. */
const ASCENDING: ReadonlySet<SortKey> = new Set(['pid', 'name', 'ppid']);

/** Unknown values are last in both directions. */
const UNKNOWN = Number.NaN;

/** Sorts by the column of the state. Equal rows keep their order, which is by age. */
export function sortedItems<T extends Item>(items: readonly T[], state: ViewState): T[] {
  if (state.sort === 'name') return sortedByName(items, ({ process }) => process.name, state.isReversed);
  return sortedBy(items, (item) => sortValueOf(item.process, state), state);
}

/** Sorts by values; equal ones keep their order. */
export function sortedBy<T>(items: readonly T[], figureOf: (item: T) => number, state: ViewState): T[] {
  const values = Float64Array.from(items, figureOf);
  return orderOf(values, isAscending(state)).map((index) => items[index]!);
}

export function sortedByName<T>(items: readonly T[], nameOf: (item: T) => string, isReversed: boolean): T[] {
  const sign = isReversed ? -1 : 1;
  return [...items].sort((a, b) => {
    const left = nameOf(a);
    const right = nameOf(b);
    return left === right ? 0 : sign * (left < right ? -1 : 1);
  });
}

/** Indexes in the order of their values. */
function orderOf(values: Float64Array, ascending: boolean): number[] {
  const sign = ascending ? 1 : -1;
  const order = Array.from(values, (_, index) => index);
  return order.sort((a, b) => {
    const left = values[a]!;
    const right = values[b]!;
    if (left === right) return a - b;
    if (Number.isNaN(left)) return Number.isNaN(right) ? a - b : 1;
    if (Number.isNaN(right)) return -1;
    return sign * (left - right);
  });
}

export function isAscending({ sort, isReversed }: ViewState): boolean {
  return ASCENDING.has(sort) !== isReversed;
}

/** The sort value of a process; NaN if unknown. */
export function sortValueOf(process: LiveProcess, state: ViewState): number {
  const { sort } = state;
  if (isQuantity(sort)) {
    const { field } = QUANTITIES[sort];
    // Where averages are shown, rows are sorted by them.
    if (hasStatistics(state)) return process.totals()[field]?.avg ?? UNKNOWN;
    const value = process[field];
    if (value === null) return UNKNOWN;
    return sort === 'cpu' ? value + (process.reapedPercent ?? 0) : value;
  }
  switch (sort) {
    case 'pid':
      return process.pid;
    case 'ppid':
      return process.ppid;
    case 'reaped':
      return process.reapedPercent ?? UNKNOWN;
    case 'threads':
      return process.threads ?? UNKNOWN;
    case 'uptime':
      return -process.bornAtSeconds;
    case 'seconds':
      return cpuOf(process.totals());
    case 'peak':
      return process.totals().peakMemoryBytes ?? UNKNOWN;
    default:
      return UNKNOWN;
  }
}
