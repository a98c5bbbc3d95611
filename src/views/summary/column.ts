import type { Alignment } from '../format.ts';

/** One column of a summary for people; the table and the markdown are made of the same ones. */
export interface Column<Row> {
  readonly title: string;
  readonly align: Alignment;
  /** How wide the cell may get, if it is text of a process, which the view must make harmless; null for figures. */
  readonly textColumns: number | null;
  readonly cell: (row: Row) => string;
}

/** Wide enough for every `comm` with each of its 15 bytes escaped. */
export const NAME_COLUMNS = 64;
/** What the text of a unit or a command line may take; the whole of it is in the JSON. */
export const LONG_TEXT_COLUMNS = 200;

export function figure<Row>(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: 'right', textColumns: null, cell };
}

export function words<Row>(title: string, textColumns: number, cell: (row: Row) => string): Column<Row> {
  return { title, align: 'left', textColumns, cell };
}
