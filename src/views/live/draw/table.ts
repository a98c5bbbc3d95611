import { cpuOf } from '../../../ledger/document/exited-rows.ts';
import { cellText, counted, seconds, subCgroupText } from '../../format.ts';
import type { LiveFrame, LiveName, LiveProcess } from '../model/frame.ts';
import { isAscending } from '../state/order.ts';
import type { Row, UnitRow } from '../state/row.ts';
import type { SortKey, ViewState } from '../state/view-state.ts';
import { type Grid, widthOf } from '../terminal/grid.ts';
import { PLAIN, STYLE, type Style } from '../terminal/style.ts';
import { type Column, columnsOf, SPARE } from './columns.ts';
import { briefly, fitted } from './figures.ts';

const GAP = 1;
/** Indent of names in the first column. */
const MARGIN = 1;

/** Positions of the columns of a table. */
export interface TableLayout extends Fitted {
  /** The screen column after each column of values left of the name, and after the name. */
  readonly nameAt: number;
  readonly figuresAt: readonly number[];
  readonly commandAt: number;
}

/** PID or count, name, values, command line. */
export function layOut(width: number, state: ViewState, known: Known): TableLayout {
  const fitted = fitColumns(width, state, known);
  const { columns, nameWidth } = fitted;
  // The name follows the PID or the count, or comes first without them.
  const isFirst = columns[0]?.sort !== 'pid' && columns[0]?.sort !== 'count';
  const nameAt = isFirst ? MARGIN : columns[0]!.width + GAP;
  const figuresAt: number[] = [];
  let at = isFirst ? nameWidth + GAP : 0;
  for (const [index, column] of columns.entries()) {
    figuresAt.push(at);
    at += column.width + GAP;
    if (index === 0 && !isFirst) at += nameWidth + GAP;
  }
  return { ...fitted, nameWidth: isFirst ? nameWidth - MARGIN : nameWidth, nameAt, figuresAt, commandAt: at };
}

/** The table column at a screen column. */
export function sortKeyAt(layout: TableLayout, column: number): SortKey | undefined {
  if (column >= layout.nameAt && column < layout.nameAt + layout.nameWidth) return 'name';
  const at = layout.figuresAt.findIndex(
    (start, index) => column >= start && column < start + layout.columns[index]!.width,
  );
  return layout.columns[at]?.sort ?? undefined;
}

export function drawHeading(grid: Grid, line: number, layout: TableLayout, state: ViewState): void {
  grid.tint(line, STYLE.heading);
  const arrow = isAscending(state) ? '▲' : '▼';
  const put = (sort: SortKey | null, title: string, at: number, width: number, isLeft: boolean) => {
    const isSorted = sort === state.sort;
    const text =
      isSorted && title.length < width ? (isLeft ? `${title}${arrow}` : `${arrow}${title}`) : title;
    const style = isSorted ? STYLE.sorted : STYLE.heading;
    if (isLeft) grid.put(line, at, text, style, width);
    else grid.put(line, at + Math.max(0, width - text.length), text, style, width);
  };
  put('name', state.mode === 'cgroup' ? 'CGROUP' : 'NAME', layout.nameAt, layout.nameWidth, true);
  for (const [index, column] of layout.columns.entries()) {
    put(column.sort, column.title, layout.figuresAt[index]!, column.width, false);
  }
  if (layout.commandWidth > 0) grid.put(line, layout.commandAt, 'COMMAND', STYLE.heading);
}

/** One row of the table on one line of the screen. */
export function drawRow(
  grid: Grid,
  line: number,
  row: Row,
  frame: LiveFrame,
  layout: TableLayout,
  isSelected: boolean,
): void {
  const whole = wholeStyleOf(row);
  for (const [index, column] of layout.columns.entries()) {
    drawFigure(grid, line, column, layout.figuresAt[index]!, row, frame.atSeconds, whole);
  }
  drawName(grid, line, row, layout, whole, countsRunning(layout));
  if (layout.commandWidth > 0 && row.kind === 'process') {
    const { command } = row.process;
    const text = command === null ? '-' : cellText(command, layout.commandWidth);
    grid.put(line, layout.commandAt, text, whole ?? PLAIN, layout.commandWidth);
  }
  if (isSelected) grid.tint(line, STYLE.selected);
}

/** A style for the whole row, if it has one. */
function wholeStyleOf(row: Row): Style | undefined {
  if (row.kind === 'process') {
    if (row.exitedSeconds !== null) return STYLE.fading;
    return row.isBystander ? STYLE.faint : undefined;
  }
  if (row.kind === 'name') return undefined;
  return row.kind === 'unit' ? STYLE.unit : STYLE.faint;
}

function drawFigure(
  grid: Grid,
  line: number,
  column: Column,
  at: number,
  row: Row,
  atSeconds: number,
  whole: Style | undefined,
): void {
  const cell = column.cell(row, atSeconds);
  const text = fitted(cell.text, column.width);
  grid.put(line, at + Math.max(0, column.width - widthOf(text)), text, whole ?? cell.style, column.width);
}

function drawName(
  grid: Grid,
  line: number,
  row: Row,
  layout: TableLayout,
  whole: Style | undefined,
  hasCount: boolean,
): void {
  // A unit has no PID and no parent: its name may use their columns.
  const from = row.kind === 'unit' ? Math.min(1, layout.nameAt) : layout.nameAt;
  const end = layout.nameAt + layout.nameWidth + (row.kind === 'unit' ? widthOfParents(layout) : 0);
  // At least half of the room is for the name itself.
  const indent = row.indent.slice(0, Math.floor(layout.nameWidth / 2));
  const start = grid.put(line, from, indent, STYLE.faint);
  const at = grid.put(line, start, nameText(row, Math.max(4, end - start)), whole ?? PLAIN, end - start);
  // A note without room is left out completely: a part of it would look like a part of the name.
  const note = notesOf(row, hasCount).find((text) => at + 1 + widthOf(text) <= end);
  if (note !== undefined) grid.put(line, at + 1, note, STYLE.faint);
}

/** Columns of the screen that PPIDs take, where they are next to the names. */
function widthOfParents({ columns, figuresAt, nameAt, nameWidth }: TableLayout): number {
  const at = columns.findIndex(({ sort }) => sort === 'ppid');
  const isNext = at >= 0 && figuresAt[at] === nameAt + nameWidth + GAP;
  return isNext ? GAP + columns[at]!.width : 0;
}

/** Whether a column has the number of processes of a unit. */
function countsRunning({ columns }: TableLayout): boolean {
  return columns.some(({ sort }) => sort === 'running');
}

function nameText(row: Row, width: number): string {
  if (row.kind === 'name' && row.isSubCgroup) return subCgroupText(row.named.name || null, width);
  return cellText(nameOf(row), width);
}

function nameOf(row: Row): string {
  switch (row.kind) {
    case 'process':
      return row.process.name;
    case 'unit':
      return row.unit.name;
    case 'exited':
      return row.exited.name;
    case 'name':
      return row.named.name;
    case 'unattributed':
      return '(unattributed)';
  }
}

/** Notes after a name, longest first: the first one that fits is shown. Printable. `hasCount`: a column counts the processes. */
function notesOf(row: Row, hasCount: boolean): readonly string[] {
  switch (row.kind) {
    case 'unit':
      return [unitNote(row, hasCount), unitNote({ ...row, within: null }, hasCount), row.isFolded ? '▸' : ''];
    case 'exited':
      return [`exited, ${row.exited.apportioned ? '~' : ''}${seconds(row.exited.cpuSeconds)}s CPU`, 'exited'];
    case 'name':
      return reapedNotes(row.named);
    case 'unattributed':
      return [];
    case 'process':
      if (row.exitedSeconds !== null) return [exitNote(row.process, row.exitedSeconds), 'exited'];
      if (row.folded !== null) return [`▸ and ${row.folded.descendants} below`, '▸'];
      return row.process.isZombie ? ['zombie'] : [];
  }
}

/** Shares below this are not mentioned. */
const LEAST_REAPED_SHARE = 0.1;

/** The part of a name's CPU that is of ended children without known names. */
function reapedNotes({ cpuSeconds, reapedCpuSeconds }: LiveName): readonly string[] {
  const isWorth = reapedCpuSeconds >= 0.005 && reapedCpuSeconds >= LEAST_REAPED_SHARE * cpuSeconds;
  return isWorth ? [`incl. ${seconds(reapedCpuSeconds)}s of ended children`, 'incl. children'] : [];
}

function unitNote({ unit, within, isFolded }: UnitRow, hasCount: boolean): string {
  if (unit.isShared) return `${seconds(unit.totalCpuSeconds ?? 0)}s CPU of removed cgroups`;
  if (!unit.present) return unit.instances === 0 ? 'not seen yet' : 'gone';
  const count = hasCount ? '' : counted(unit.processCount, 'process', 'processes');
  // Its values are included in those of the other unit.
  const place = within === null ? '' : `in ${cellText(within, 40)}`;
  return [isFolded ? '▸' : '', [count, place].filter((text) => text !== '').join(', ')]
    .filter((text) => text !== '')
    .join(' ');
}

/** `exited 3s ago, 0.02s CPU` */
function exitNote(process: LiveProcess, exitedSeconds: number): string {
  return `exited ${briefly(exitedSeconds)} ago, ${seconds(cpuOf(process.totals()))}s CPU`;
}

/** Minimum width of names. */
const LEAST_NAME = 12;
/** Minimum width of unit names and cgroup paths, which are longer. */
const LEAST_UNIT_NAME = 24;
/** Maximum width of names, so that values stay visible. */
const MOST_NAME = 48;
const LEAST_COMMAND = 16;
/** Width of names and command lines if spare columns are shown. */
const ROOMY_NAME = 36;
const ROOMY_COMMAND = 40;
/** Screens of this width show command lines by default. */
const LEAST_FOR_COMMANDS = 140;

/** The visible columns, and the width of names. */
interface Fitted {
  readonly columns: readonly Column[];
  readonly nameWidth: number;
  /** 0: command lines are not shown. */
  readonly commandWidth: number;
}

/** Known properties of processes in addition to their values. */
interface Known {
  readonly hasCommands: boolean;
  readonly hasStatus: boolean;
}

/** The columns that fit. The column that sorts the table is left out last. */
function fitColumns(width: number, state: ViewState, { hasCommands, hasStatus }: Known): Fitted {
  let columns = columnsOf(state, hasStatus);
  const showsCommands =
    state.mode === 'process' && hasCommands && (state.showsCommands ?? width >= LEAST_FOR_COMMANDS);
  const least =
    (state.mode === 'unit' || state.mode === 'cgroup' ? LEAST_UNIT_NAME : LEAST_NAME) +
    (showsCommands ? GAP + LEAST_COMMAND : 0);
  const spared = ROOMY_NAME + (showsCommands ? GAP + ROOMY_COMMAND : 0);
  while (columns.length > 1) {
    const last = columns
      .filter(({ sort }) => sort !== state.sort)
      .reduce((a, b) => (b.leftOut > a.leftOut ? b : a));
    if (columnsWidth(columns) + (last.leftOut >= SPARE ? spared : least) <= width) break;
    columns = columns.filter((column) => column !== last);
  }
  const room = Math.max(1, width - columnsWidth(columns));
  if (!showsCommands) return { columns, nameWidth: Math.min(room, MOST_NAME), commandWidth: 0 };
  const nameWidth = Math.min(MOST_NAME, Math.max(LEAST_NAME, Math.floor(room / 3)));
  return { columns, nameWidth, commandWidth: Math.max(0, room - nameWidth - GAP) };
}

function columnsWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, 0);
}
