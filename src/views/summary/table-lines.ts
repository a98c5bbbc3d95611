import stringWidth from 'string-width';
import { alignRow, cellText, GAP } from '../format.ts';
import { type Column, LONG_TEXT_COLUMNS } from './column.ts';

/** Minimum width of the last column, whose texts are long. */
const LEAST_LAST_COLUMNS = 20;

/** How a table fits its terminal. */
export interface TableFit<Row> {
  /** Columns of the terminal; 0: no terminal. */
  readonly width: number;
  /** A last column of long texts, cut to the remaining width of the terminal. */
  readonly last?: Column<Row> | undefined;
  /** Titles of the columns that may be left out, most important first. Absent: none is left out. */
  readonly ranks?: readonly string[];
  /** Titles among these of columns that are never left out. */
  readonly always?: readonly string[];
}

/** A column with the width of its widest cell or title. */
interface Measured<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

/**
 * The rows as one table: a line of titles, and a line per row. Cells are made twice, first to be measured, so that a table of
 * thousands of rows is never in memory.
 */
export function* tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, last, ranks, always = [] }: TableFit<Row>,
): Generator<string, void, undefined> {
  const measured = columns.map((column) => ({ column, width: widthOf(column, rows) }));
  const room = width - (last === undefined ? 0 : GAP.length + LEAST_LAST_COLUMNS);
  const shown = width === 0 || ranks === undefined ? measured : fitting(measured, ranks, always, room);
  const alignments = shown.map(({ column }) => column.align);
  const widths = shown.map((each) => each.width);
  const titles = alignRow(
    alignments,
    widths,
    shown.map(({ column }) => column.title),
  );
  const lastRoom = roomOfLast(width, stringWidth(titles));
  const lineOf = (line: string, text: string) => {
    if (last === undefined) return line;
    const cut = cellText(text, lastRoom);
    return line === '' ? cut : `${line}${GAP}${cut}`;
  };
  yield lineOf(titles, last?.title ?? '');
  for (const row of rows) {
    const cells = shown.map(({ column }) => textOf(column, row));
    yield lineOf(alignRow(alignments, widths, cells), last?.cell(row) ?? '');
  }
}

/** Text for a terminal, wrapped between words; continuation lines are indented. */
export function wrapped(text: string, width: number): string[] {
  if (width === 0 || stringWidth(text) <= width) return [text];
  const indent = /^ */.exec(text)![0];
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text.trimStart().split(' ')) {
    if (!isEmpty && stringWidth(line) + 1 + stringWidth(word) > width) {
      lines.push(line);
      line = `${indent}  `;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** As many columns as fit, in their order; at least the first of the ranks. */
function fitting<Row>(
  measured: readonly Measured<Row>[],
  ranks: readonly string[],
  always: readonly string[],
  room: number,
): Measured<Row>[] {
  const kept = new Set<Measured<Row>>();
  let used = -GAP.length;
  for (const title of ranks) {
    const column = measured.find((each) => each.column.title === title);
    if (column === undefined) continue;
    const needed = column.width + GAP.length;
    if (kept.size > 0 && used + needed > room && !always.includes(title)) continue;
    used += needed;
    kept.add(column);
  }
  return measured.filter((column) => kept.has(column));
}

function widthOf<Row>(column: Column<Row>, rows: readonly Row[]): number {
  let most = stringWidth(column.title);
  for (const row of rows) most = Math.max(most, stringWidth(textOf(column, row)));
  return most;
}

function textOf<Row>({ textColumns, cell }: Column<Row>, row: Row): string {
  return textColumns === null ? cell(row) : cellText(cell(row), textColumns);
}

/** Width of the last column next to a table of the given width. */
function roomOfLast(terminalColumns: number, width: number): number {
  if (terminalColumns === 0) return LONG_TEXT_COLUMNS;
  return Math.max(LEAST_LAST_COLUMNS, terminalColumns - width - GAP.length);
}

/** The lines of blocks, each with its line break, and an empty line between two blocks. */
export function* linesOf(blocks: Iterable<Iterable<string>>): Generator<string, void, undefined> {
  let between = '';
  for (const block of blocks) {
    yield between;
    for (const line of block) yield `${line}\n`;
    between = '\n';
  }
}
