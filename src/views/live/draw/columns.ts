import { ABSENT, byteCount } from '../../format.ts';
import type { LiveProcess } from '../model/frame.ts';
import type { Row, Subtree } from '../state/row.ts';
import type { SortKey, ViewState } from '../state/view-state.ts';
import { PLAIN, STYLE, type Style } from '../terminal/style.ts';
import { briefly, cpu, cpuStyle, memoryStyle, rate, rateStyle, statistic } from './figures.ts';

/** What stands in a cell. */
interface Cell {
  readonly text: string;
  readonly style: Style;
}

/** One column of figures. */
export interface Column {
  readonly sort: SortKey;
  readonly title: string;
  readonly width: number;
  /** What is left out first where there is no room has the highest. */
  readonly leftOut: number;
  cell(row: Row, atSeconds: number): Cell;
}

const NOTHING: Cell = { text: '', style: PLAIN };
const UNKNOWN: Cell = { text: ABSENT, style: STYLE.faint };

/** The figure of a row, whatever it stands for; undefined where it has none. */
type Figure =
  | 'cpuPercent'
  | 'reapedPercent'
  | 'memoryBytes'
  | 'diskBytesPerSecond'
  | 'transferBytesPerSecond'
  | 'threads';

function figureOf(row: Row, figure: Figure): number | null | undefined {
  if (row.kind === 'unit') return row.unit[figure];
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
    if (row.kind === 'unit') return NOTHING;
    // In the place of their PIDs: how many there were.
    return row.kind === 'process'
      ? plain(String(row.process.pid))
      : { text: `×${row.exited.count}`, style: PLAIN };
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

const LEVELS: readonly Column[] = [
  PID,
  PPID,
  level('cpu', 'CPU%', 6, 1, 'cpuPercent', cpu, cpuStyle),
  level('reaped', 'REAPED%', 8, 4, 'reapedPercent', cpu, cpuStyle),
  level('memory', 'MEMORY', 9, 2, 'memoryBytes', byteCount, memoryStyle),
  level('disk', 'DISK', 11, 3, 'diskBytesPerSecond', rate, rateStyle),
  level('transfer', 'TRANSFER', 11, 5, 'transferBytesPerSecond', rate, rateStyle),
  THREADS,
  UPTIME,
];

function mean(
  sort: SortKey,
  title: string,
  width: number,
  leftOut: number,
  cell: (process: LiveProcess) => string,
): Column {
  return ofProcess(sort, title, width, leftOut, (process) => {
    const text = cell(process);
    return text === ABSENT ? UNKNOWN : plain(text);
  });
}

const compactRate = (value: number) => (value < 0.5 ? '0' : byteCount(value));

const STATISTICS: readonly Column[] = [
  PID,
  PPID,
  mean('cpu', 'CPU%(min/max/avg)', 18, 1, (process) => statistic(process.totals().cpuPercent, cpu)),
  mean('memory', 'MEMORY(min/max/avg)', 27, 2, (process) =>
    statistic(process.totals().memoryBytes, byteCount),
  ),
  mean('disk', 'DISK/s(min/max/avg)', 27, 3, (process) =>
    statistic(process.totals().diskBytesPerSecond, compactRate),
  ),
  mean('transfer', 'TRANSFER/s(min/max/avg)', 27, 5, (process) =>
    statistic(process.totals().transferBytesPerSecond, compactRate),
  ),
  THREADS,
  UPTIME,
];

/** Narrower names than this say nothing. */
const LEAST_NAME = 12;
/** Wider ones push figures out of sight. */
const MOST_NAME = 48;
const LEAST_COMMAND = 16;
const GAP = 1;

/** Which columns have room, and how wide names may be. */
export interface Fitted {
  readonly columns: readonly Column[];
  readonly nameWidth: number;
  /** 0: command lines are not shown. */
  readonly commandWidth: number;
}

/** The columns that fit. What the table is sorted by stays as long as anything does. */
export function fitColumns(width: number, state: ViewState): Fitted {
  let columns = state.showsStatistics ? STATISTICS : LEVELS;
  const least = LEAST_NAME + (state.showsCommands ? GAP + LEAST_COMMAND : 0);
  while (columns.length > 1 && widthOf(columns) + least > width) {
    const candidates = columns.filter(({ sort }) => sort !== state.sort);
    const last = candidates.reduce((a, b) => (b.leftOut > a.leftOut ? b : a));
    columns = columns.filter((column) => column !== last);
  }
  const room = Math.max(1, width - widthOf(columns));
  if (!state.showsCommands) return { columns, nameWidth: Math.min(room, MOST_NAME), commandWidth: 0 };
  const nameWidth = Math.min(MOST_NAME, Math.max(LEAST_NAME, Math.floor(room / 3)));
  return { columns, nameWidth, commandWidth: Math.max(0, room - nameWidth - GAP) };
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, 0);
}
