import { cpuOf } from '../../../ledger/document/exited-rows.ts';
import { QUANTITIES, type Quantity, type QuantityField } from '../../../ledger/document/quantities.ts';
import { ABSENT, byteCount, cellText, minMaxAvgText, seconds } from '../../format.ts';
import type { LiveProcess, LiveStatus } from '../model/frame.ts';
import type { Row, Subtree } from '../state/row.ts';
import { hasStatistics, SORT_KEYS, type SortKey, type ViewState } from '../state/view-state.ts';
import { widthOf } from '../terminal/grid.ts';
import { PLAIN, STYLE, type Style } from '../terminal/style.ts';
import { briefly, cpu, cpuStyle, LOOKS, memoryStyle } from './figures.ts';

/** Content of a cell. */
interface Cell {
  readonly text: string;
  readonly style: Style;
}

/** One column of values. */
export interface Column {
  /** Null: the table cannot be sorted by it. */
  readonly sort: SortKey | null;
  readonly title: string;
  readonly width: number;
  /** Without room, columns with the highest number are left out first. */
  readonly leftOut: number;
  cell(row: Row, atSeconds: number): Cell;
}

const NOTHING: Cell = { text: '', style: PLAIN };
const UNKNOWN: Cell = { text: ABSENT, style: STYLE.faint };

/** The value of a row of any kind; undefined if it has none. */
type Figure = QuantityField | 'reapedPercent' | 'threads';

function figureOf(row: Row, figure: Figure): number | null | undefined {
  if (row.kind === 'unit') return row.unit[figure];
  if (row.kind === 'unattributed') return undefined;
  if (row.kind === 'name') return figure === 'reapedPercent' ? undefined : row.named[figure];
  if (row.kind === 'exited') return figure === 'cpuPercent' ? row.cpuPercent : undefined;
  if (row.exitedSeconds !== null) return undefined;
  return (row.folded ?? row.process)[figure as keyof Subtree & keyof LiveProcess];
}

function level(
  sort: SortKey,
  title: string,
  width: number,
  leftOut: number,
  figure: Figure,
  text: (value: number | null) => string,
  style: (value: number | null) => Style,
): Column {
  return {
    sort,
    title,
    width,
    leftOut,
    cell(row) {
      const value = figureOf(row, figure);
      return value === undefined ? NOTHING : { text: text(value), style: style(value) };
    },
  };
}

function ofProcess(
  sort: SortKey,
  title: string,
  width: number,
  leftOut: number,
  cell: (process: LiveProcess) => Cell,
): Column {
  return {
    sort,
    title,
    width,
    leftOut,
    cell: (row) => (row.kind === 'process' ? cell(row.process) : NOTHING),
  };
}

const plain = (text: string): Cell => ({ text, style: PLAIN });

const PID: Column = {
  sort: 'pid',
  title: 'PID',
  width: 7,
  leftOut: 0,
  cell(row) {
    if (row.kind === 'process') return plain(String(row.process.pid));
    // The number of processes, instead of a PID.
    return row.kind === 'exited' ? plain(`×${row.exited.count}`) : NOTHING;
  },
};
const PPID = ofProcess('ppid', 'PPID', 7, 9, ({ ppid }) => ({ text: String(ppid), style: STYLE.faint }));
const THREADS = level(
  'threads',
  'THR',
  5,
  7,
  'threads',
  (value) => (value === null ? ABSENT : String(value)),
  () => PLAIN,
);
const UPTIME: Column = {
  sort: 'uptime',
  title: 'UPTIME',
  width: 7,
  leftOut: 8,
  cell(row, atSeconds) {
    if (row.kind !== 'process' || row.exitedSeconds !== null) return NOTHING;
    return plain(briefly(Math.max(0, atSeconds - row.process.bornAtSeconds)));
  },
};

/** CPU since the start of the run: own and reaped CPU of a process, total CPU of a unit. */
const CPU_SECONDS: Column = {
  sort: 'seconds',
  title: 'CPU_S',
  width: 9,
  leftOut: 6,
  cell(row) {
    const value = cpuSecondsOf(row);
    return value === undefined ? NOTHING : plain(seconds(value));
  },
};

function cpuSecondsOf(row: Row): number | null | undefined {
  switch (row.kind) {
    case 'unit':
      return row.unit.totalCpuSeconds ?? (row.unit.instances > 0 ? row.unit.attributedCpuSeconds : null);
    case 'process':
      return row.folded === null ? cpuOf(row.process.totals()) : undefined;
    case 'name':
      return row.named.cpuSeconds;
    case 'exited':
      return undefined;
    case 'unattributed':
      return row.cpuSeconds;
  }
}

/** Peak memory since the start of the run: RSS of one process, or memory charged to the cgroup of a unit. */
const PEAK: Column = {
  sort: 'peak',
  title: 'PEAK',
  width: 9,
  leftOut: 8,
  cell(row) {
    const value = peakOf(row);
    return value === undefined ? NOTHING : { text: byteCount(value), style: memoryStyle(value) };
  },
};

function peakOf(row: Row): number | null | undefined {
  if (row.kind === 'unit') return row.unit.memoryPeakBytes;
  if (row.kind === 'name') return row.named.peakMemoryBytes;
  if (row.kind !== 'process' || row.folded !== null) return undefined;
  return row.process.totals().peakMemoryBytes;
}

const COUNT: Column = {
  sort: 'count',
  title: 'COUNT',
  width: 7,
  leftOut: 9,
  cell: (row) => (row.kind === 'name' ? plain(String(row.named.count)) : NOTHING),
};
const RUNNING: Column = {
  sort: 'running',
  title: 'RUNNING',
  width: 7,
  leftOut: 10,
  cell(row) {
    if (row.kind === 'name') return runningCell(row.named.running);
    return row.kind === 'unit' && row.unit.present ? runningCell(row.unit.processCount) : NOTHING;
  },
};

function runningCell(count: number): Cell {
  return { text: String(count), style: count === 0 ? STYLE.faint : PLAIN };
}

function ofQuantity(quantity: Quantity, title: string, width: number, leftOut: number): Column {
  const { field, unit } = QUANTITIES[quantity];
  return level(quantity, title, width, leftOut, field, LOOKS[unit].cell, LOOKS[unit].style);
}

/** The columns by their sort keys; the name has a place of its own. */
const COLUMNS: Readonly<Record<Exclude<SortKey, 'name'>, Column>> = {
  pid: PID,
  ppid: PPID,
  count: COUNT,
  running: RUNNING,
  cpu: ofQuantity('cpu', 'CPU%', 6, 1),
  reaped: level('reaped', 'REAPED%', 8, 4, 'reapedPercent', cpu, cpuStyle),
  memory: ofQuantity('memory', 'MEMORY', 9, 2),
  disk: ofQuantity('disk', 'DISK', 11, 3),
  transfer: ofQuantity('transfer', 'TRANSFER', 11, 5),
  threads: THREADS,
  uptime: UPTIME,
  seconds: CPU_SECONDS,
  peak: PEAK,
};

/** The columns of sort keys, in their order. `leftOut` replaces priorities that are for a table of processes. */
function columnsBy(
  keys: readonly SortKey[],
  leftOut: Readonly<Partial<Record<SortKey, number>>>,
): readonly Column[] {
  return keys
    .filter((key) => key !== 'name')
    .map((key) => ({ ...COLUMNS[key], leftOut: leftOut[key] ?? COLUMNS[key].leftOut }));
}

/** Columns that a table of processes has only if names have enough room. */
export const SPARE = 100;

const STATE: Column = {
  sort: null,
  title: 'S',
  width: 1,
  leftOut: SPARE,
  cell: (row) => statusCell(row, ({ state }) => state),
};
const USER_WIDTH = 9;
const USER: Column = {
  sort: null,
  title: 'USER'.padEnd(USER_WIDTH),
  width: USER_WIDTH,
  leftOut: SPARE + 1,
  cell: (row) => statusCell(row, ({ user }) => leftAligned(cellText(user, USER_WIDTH), USER_WIDTH)),
};

function leftAligned(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function statusCell(row: Row, textOf: (status: LiveStatus) => string): Cell {
  if (row.kind !== 'process' || row.exitedSeconds !== null) return NOTHING;
  const status = row.process.status();
  return status === null ? UNKNOWN : plain(textOf(status));
}

const LEVELS: readonly Column[] = columnsBy(SORT_KEYS.process, {
  seconds: SPARE + 2,
  peak: SPARE + 3,
}).flatMap((column) => (column.sort === 'seconds' ? [STATE, USER, column] : [column]));

const BY_NAME = columnsBy(SORT_KEYS.name, {
  count: 2,
  running: 7,
  seconds: 0,
  memory: 3,
  peak: 6,
  disk: 4,
  threads: 8,
});

const BY_UNIT = columnsBy(SORT_KEYS.unit, {
  running: 3,
  seconds: 0,
  reaped: 8,
  peak: 7,
  disk: 4,
  threads: 9,
});

function statistics(quantity: Quantity, title: string, width: number, leftOut: number): Column {
  const { field, unit } = QUANTITIES[quantity];
  return ofProcess(quantity, `${title}(min/max/avg)`, width, leftOut, (process) => {
    const text = minMaxAvgText(process.totals()[field], LOOKS[unit].part);
    return text === ABSENT ? UNKNOWN : plain(text);
  });
}

const STATISTICS: readonly Column[] = [
  PID,
  PPID,
  statistics('cpu', 'CPU%', 18, 1),
  statistics('memory', 'MEMORY', 27, 2),
  statistics('disk', 'DISK/s', 27, 3),
  statistics('transfer', 'TRANSFER/s', 27, 5),
  THREADS,
  UPTIME,
];

/** All columns of the table from left to right, without the name. */
export function columnsOf(state: ViewState, hasStatus: boolean): readonly Column[] {
  if (state.mode === 'name' || state.mode === 'cgroup') return BY_NAME;
  if (state.mode === 'unit') return BY_UNIT;
  if (hasStatistics(state)) return STATISTICS;
  return hasStatus ? LEVELS : LEVELS.filter((column) => column !== STATE && column !== USER);
}
