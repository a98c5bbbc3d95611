import type { LiveProcess, LiveStatistic, LiveUnit } from '../model/frame.ts';
import type { Item } from './row.ts';
import type { SortKey, ViewState } from './view-state.ts';

/** Those whose own order is from low to high. */
const ASCENDING: ReadonlySet<SortKey> = new Set(['pid', 'name', 'ppid']);

/** What is not known stands last, whichever way round. */
const UNKNOWN = Number.NaN;

/** Sorted by what the state says. Those that are alike keep their order, which is by age. */
export function sorted(items: readonly Item[], state: ViewState, kind: 'item'): Item[];
export function sorted(items: readonly LiveUnit[], state: ViewState, kind: 'unit'): LiveUnit[];
export function sorted<T extends Item | LiveUnit>(
  items: readonly T[],
  state: ViewState,
  kind: 'item' | 'unit',
): T[] {
  if (state.sort === 'name') return sortedByName(items, state.isReversed);
  const values = new Float64Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    values[i] =
      kind === 'item' ? sortValueOf((item as Item).process, state) : unitValueOf(item as LiveUnit, state);
  }
  return orderOf(values, isAscending(state)).map((index) => items[index]!);
}

/** Indexes in the order of their values. */
export function orderOf(values: Float64Array, ascending: boolean): number[] {
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

function nameOf(item: Item | LiveUnit): string {
  return 'process' in item ? item.process.name : item.name;
}

function sortedByName<T extends Item | LiveUnit>(items: readonly T[], isReversed: boolean): T[] {
  const sign = isReversed ? -1 : 1;
  return [...items].sort((a, b) => {
    const left = nameOf(a);
    const right = nameOf(b);
    return left === right ? 0 : sign * (left < right ? -1 : 1);
  });
}

/** What a process is sorted by; NaN where it is not known. */
export function sortValueOf(process: LiveProcess, { sort, showsStatistics }: ViewState): number {
  if (showsStatistics) {
    const mean = meanOf(process, sort);
    if (mean !== undefined) return mean?.avg ?? UNKNOWN;
  }
  switch (sort) {
    case 'pid':
      return process.pid;
    case 'ppid':
      return process.ppid;
    case 'cpu':
      return process.cpuPercent === null ? UNKNOWN : process.cpuPercent + (process.reapedPercent ?? 0);
    case 'reaped':
      return process.reapedPercent ?? UNKNOWN;
    case 'memory':
      return process.memoryBytes ?? UNKNOWN;
    case 'disk':
      return process.diskBytesPerSecond ?? UNKNOWN;
    case 'transfer':
      return process.transferBytesPerSecond ?? UNKNOWN;
    case 'threads':
      return process.threads ?? UNKNOWN;
    case 'uptime':
      return -process.bornAtSeconds;
    case 'name':
      return UNKNOWN;
  }
}

/** Where means are shown, rows are sorted by them; undefined for what has none. */
function meanOf(process: LiveProcess, sort: SortKey): LiveStatistic | null | undefined {
  switch (sort) {
    case 'cpu':
      return process.totals().cpuPercent;
    case 'memory':
      return process.totals().memoryBytes;
    case 'disk':
      return process.totals().diskBytesPerSecond;
    case 'transfer':
      return process.totals().transferBytesPerSecond;
    default:
      return undefined;
  }
}

/** Units that have no such figure keep the order they were asked for in. */
function unitValueOf(unit: LiveUnit, { sort }: ViewState): number {
  switch (sort) {
    case 'cpu':
      return unit.cpuPercent ?? UNKNOWN;
    case 'reaped':
      return unit.reapedPercent ?? UNKNOWN;
    case 'memory':
      return unit.memoryBytes ?? UNKNOWN;
    case 'disk':
      return unit.diskBytesPerSecond ?? UNKNOWN;
    case 'transfer':
      return unit.transferBytesPerSecond ?? UNKNOWN;
    case 'threads':
      return unit.threads ?? UNKNOWN;
    default:
      return UNKNOWN;
  }
}
