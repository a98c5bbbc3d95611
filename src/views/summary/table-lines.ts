import stringWidth from 'string-width';
import { alignRows, cellText, GAP } from '../format.ts';
import { type Column, LONG_TEXT_COLUMNS } from './column.ts';

/** What the last column, whose texts are long, may take at least. */
const LEAST_LAST_COLUMNS = 20;

/** The columns of a table, and where it is parted if it is too wide. */
export interface ColumnGroups<Row> {
  /** Who a row is about, to be repeated in each further table. */
  readonly identity: readonly Column<Row>[];
  /** Each begins a further table if not all of them fit in one. */
  readonly groups: readonly (readonly Column<Row>[])[];
  /** Of texts that end where they end, and are cut to what the terminal has left. */
  readonly last: Column<Row> | undefined;
}

/** A column with its cells, its title the first of them. */
interface Filled<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

/**
 * The rows as one table where it fits into so many columns (0: it always does), else as several, each with all rows in the
 * same order; those after the first say so.
 */
export function tablesOf<Row>(
  { identity, groups, last }: ColumnGroups<Row>,
  rows: readonly Row[],
  terminalColumns: number,
): string[][] {
  const filled = new Map<Column<Row>, Filled<Row>>();
  const fill = (column: Column<Row>) => {
    const known = filled.get(column) ?? filledWith(column, rows);
    filled.set(column, known);
    return known;
  };
  const whole = groups.flat().map(fill);
  const lastRoom = last === undefined ? 0 : GAP.length + LEAST_LAST_COLUMNS;
  if (terminalColumns === 0 || widthOf(whole) + lastRoom <= terminalColumns) {
    return [withLast(linesOf(whole), last, rows, terminalColumns)];
  }
  const who = identity.map(fill);
  const parts = groups.flatMap((group) => partedInto(group.map(fill), who, terminalColumns));
  // Tables after the first begin with whom they are about.
  const tables = parts.map((part, at) =>
    at === 0 ? part : [...who, ...part.filter((one) => !who.includes(one))],
  );
  const room = tables.map((table, at) => widthOf(table) + (at === tables.length - 1 ? lastRoom : 0));
  if (last !== undefined && room.at(-1)! > terminalColumns && tables.at(-1)!.length > who.length)
    tables.push(who);
  return tables.map((table, at) => {
    const lines = linesOf(table);
    const told = at === tables.length - 1 ? withLast(lines, last, rows, terminalColumns) : lines;
    return at === 0 ? told : ['  the same rows, continued', ...told];
  });
}

/** As many columns to a table as fit; at least one more than those that are repeated. */
function partedInto<Row>(
  columns: readonly Filled<Row>[],
  who: readonly Filled<Row>[],
  terminalColumns: number,
): Filled<Row>[][] {
  const parts: Filled<Row>[][] = [];
  let part: Filled<Row>[] = [];
  for (const column of columns) {
    const isNew = (one: Filled<Row>) => !who.includes(one);
    const width = widthOf([...who, ...part.filter(isNew), column]);
    if (part.some(isNew) && isNew(column) && width > terminalColumns) {
      parts.push(part);
      part = [];
    }
    part.push(column);
  }
  return part.length > 0 ? [...parts, part] : parts;
}

function filledWith<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  const { textColumns, cell } = column;
  const cells = rows.map((row) => (textColumns === null ? cell(row) : cellText(cell(row), textColumns)));
  const all = [column.title, ...cells];
  return { column, cells: all, width: all.reduce((most, text) => Math.max(most, stringWidth(text)), 0) };
}

function widthOf<Row>(columns: readonly Filled<Row>[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
}

function linesOf<Row>(columns: readonly Filled<Row>[]): string[] {
  const count = columns[0]?.cells.length ?? 0;
  return alignRows(
    columns.map(({ column }) => column.align),
    Array.from({ length: count }, (_, at) => columns.map(({ cells }) => cells[at]!)),
  );
}

function withLast<Row>(
  lines: readonly string[],
  last: Column<Row> | undefined,
  rows: readonly Row[],
  terminalColumns: number,
): string[] {
  if (last === undefined) return [...lines];
  const width = stringWidth(lines[0] ?? '');
  const left = Math.max(LEAST_LAST_COLUMNS, terminalColumns - width - GAP.length);
  const room = terminalColumns > 0 ? left : LONG_TEXT_COLUMNS;
  const texts = [last.title, ...rows.map((row) => cellText(last.cell(row), room))];
  return texts.map((text, at) => (lines.length === 0 ? text : `${lines[at]}${GAP}${text}`));
}
