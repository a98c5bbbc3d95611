import type { Alignment } from '../format.ts';

/** One column of a summary for people, used by the table and the Markdown. */
export interface Column<Row> {
  readonly title: string;
  readonly align: Alignment;
  /** Maximum width of a cell with text of a process, which the view must escape; null for numbers. */
  readonly textColumns: number | null;
  readonly cell: (row: Row) => string;
}

/** Wide enough for every `comm` with each of its 15 bytes escaped. */
export const NAME_COLUMNS = 64;
/** Maximum width of a unit name or a command line; the JSON has the whole text. */
export const LONG_TEXT_COLUMNS = 200;

export function figure<Row>(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: 'right', textColumns: null, cell };
}

export function words<Row>(title: string, textColumns: number, cell: (row: Row) => string): Column<Row> {
  return { title, align: 'left', textColumns, cell };
}
