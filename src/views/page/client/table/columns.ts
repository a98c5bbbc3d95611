import { QUANTITIES, type QuantityUnit } from '../../../../ledger/document/quantities.ts';
import { byteCount, percent, seconds } from '../../../format.ts';
import type { ProcessData } from '../run/run-data.ts';
import { cpuSecondsOf } from '../run/selection.ts';

/** A column of values, or of a text. */
export interface Column {
  readonly id: string;
  readonly title: string;
  /** Columns with the same title are adjacent. */
  readonly group: string | null;
  /** Title on a phone, which shows only columns with one. */
  readonly short: string | null;
  /** Sort value; null is last in both directions. */
  value(process: ProcessData): number | string | null;
  text(process: ProcessData): string;
}

/** How a quantity looks, by its unit. */
const LOOKS: Readonly<Record<QuantityUnit, { readonly note: string; say(value: number | null): string }>> = {
  percent: { note: ', % of a core', say: percent },
  bytes: { note: ' (RSS)', say: byteCount },
  bytesPerSecond: { note: ', bytes a second', say: byteCount },
};
const STATISTICS = ['min', 'avg', 'p95', 'max'] as const;

/** The statistic that a phone shows. */
const SHORT: Readonly<Record<string, string>> = {
  'cpuPercent-avg': 'CPU %',
  'memoryBytes-max': 'RSS max',
};

function number(
  id: string,
  title: string,
  value: (process: ProcessData) => number | null,
  say: (value: number | null) => string,
  short: string | null = null,
): Column {
  return { id, title, group: null, short, value, text: (process) => say(value(process)) };
}

/** The value columns of the table, after the name. */
export const COLUMNS: readonly Column[] = [
  number('pid', 'PID', ({ info }) => info.totals.pid, String),
  number('ppid', 'PPID', ({ info }) => info.totals.ppid, String),
  number('cpu', 'CPU s', cpuSecondsOf, seconds, 'CPU s'),
  number('reaped', 'of it reaped', ({ info }) => info.totals.reapedCpuSeconds, seconds),
  ...Object.values(QUANTITIES).flatMap(({ title, unit, field }) =>
    STATISTICS.map((statistic): Column => {
      const { note, say } = LOOKS[unit];
      const id = `${field}-${statistic}`;
      const column = number(id, statistic, ({ info }) => info.totals[field]?.[statistic] ?? null, say);
      return { ...column, group: `${title}${note}`, short: SHORT[id] ?? null };
    }),
  ),
  number('disk', 'Disk', ({ info }) => info.totals.diskBytes, byteCount),
  number('cancelled', 'Cancelled writes', ({ info }) => info.totals.cancelledWriteBytes, byteCount),
  number('transfer', 'Transfer', ({ info }) => info.totals.transferBytes, byteCount),
];

export const NAME: Column = {
  id: 'name',
  title: 'Process',
  group: null,
  short: 'Process',
  value: ({ info }) => info.totals.name.toLowerCase(),
  text: ({ info }) => info.totals.name,
};

export interface Order {
  readonly column: Column;
  readonly isDescending: boolean;
}

export function sorted(rows: readonly ProcessData[], { column, isDescending }: Order): ProcessData[] {
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [one, other] = [column.value(a), column.value(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    if (one === other) return a.info.totals.pid - b.info.totals.pid;
    return sign * (one < other ? -1 : 1);
  });
}
