import stringWidth from 'string-width';
import { alignRows, cellText, GAP } from '../format.ts';
import { type Column, LONG_TEXT_COLUMNS } from './column.ts';

/** What the last column, whose texts are long, may take at least. */
const LEAST_LAST_COLUMNS = 20;

/** How a table fits its terminal. */
export interface TableFit<Row> {
  /** Columns of the terminal; 0: there is none. */
  readonly width: number;
  /** Of texts that end where they end, and are cut to what the terminal has left. */
  readonly last?: Column<Row> | undefined;
  /** Titles of the columns that may be left out, those that are left out last first. None: none is left out. */
  readonly ranks?: readonly string[];
}

/** A column with its cells, its title the first of them. */
interface Filled<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

/** The rows as one table: a line of titles, and a line a row. */
export function tableOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, last, ranks }: TableFit<Row>,
): string[] {
  const filled = columns.map((column) => filledWith(column, rows));
  const room = width - (last === undefined ? 0 : GAP.length + LEAST_LAST_COLUMNS);
  const shown = width === 0 || ranks === undefined ? filled : fitting(filled, ranks, room);
  const lines = alignRows(
    shown.map(({ column }) => column.align),
    Array.from({ length: rows.length + 1 }, (_, at) => shown.map(({ cells }) => cells[at]!)),
  );
  return last === undefined ? lines : withLast(lines, last, rows, width);
}

/** Text for a terminal, in lines that end between words; what goes on is indented. */
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

/** As many of the columns as there is room for, in their order; at least the first of the ranks. */
function fitting<Row>(filled: readonly Filled<Row>[], ranks: readonly string[], room: number): Filled<Row>[] {
  const kept = new Set<Filled<Row>>();
  let used = -GAP.length;
  for (const title of ranks) {
    const column = filled.find((each) => each.column.title === title);
    if (column === undefined) continue;
    const needed = column.width + GAP.length;
    if (kept.size > 0 && used + needed > room) continue;
    used += needed;
    kept.add(column);
  }
  return filled.filter((column) => kept.has(column));
}

function filledWith<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  const { textColumns, cell } = column;
  const cells = rows.map((row) => (textColumns === null ? cell(row) : cellText(cell(row), textColumns)));
  const all = [column.title, ...cells];
  return { column, cells: all, width: all.reduce((most, text) => Math.max(most, stringWidth(text)), 0) };
}

function withLast<Row>(
  lines: readonly string[],
  last: Column<Row>,
  rows: readonly Row[],
  terminalColumns: number,
): string[] {
  const width = stringWidth(lines[0] ?? '');
  const left = Math.max(LEAST_LAST_COLUMNS, terminalColumns - width - GAP.length);
  const room = terminalColumns > 0 ? left : LONG_TEXT_COLUMNS;
  const texts = [last.title, ...rows.map((row) => cellText(last.cell(row), room))];
  return texts.map((text, at) => (lines[at] === '' ? text : `${lines[at]}${GAP}${text}`));
}
