import stringWidth from 'string-width';
import type { Style } from './style.ts';
import { PLAIN } from './style.ts';

/** Characters that every terminal draws in one column: ASCII, and the view's own lines, blocks and marks. */
const NARROW = /^[\x20-\x7e─-╿▀-▟…·†▸▾▲▼●○↑↓×]*$/;

/** Marks the second column of a wide character. */
export const COVERED = '';

const segmenter = new Intl.Segmenter();

/** A screen of styled cells. Text must be printable already. */
export class Grid {
  readonly columns: number;
  readonly rows: number;
  /** Row by row: the grapheme of a cell. */
  readonly texts: string[];
  readonly styles: Uint8Array;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.texts = new Array<string>(columns * rows).fill(' ');
    this.styles = new Uint8Array(columns * rows).fill(PLAIN);
  }

  /**
   * Writes text at a position, over at most `most` columns, and returns the column after it. Text without room is cut; the
   * half of a wide character is left blank.
   */
  put(row: number, column: number, text: string, style: Style = PLAIN, most = this.columns): number {
    const end = Math.min(this.columns, column + most);
    if (row < 0 || row >= this.rows || column >= end) return Math.min(column, this.columns);
    if (NARROW.test(text)) {
      const length = Math.min(text.length, end - column);
      for (let i = 0; i < length; i++) this.#set(row, column + i, text[i]!, style);
      return column + length;
    }
    let at = column;
    for (const { segment } of segmenter.segment(text)) {
      const width = stringWidth(segment);
      if (width === 0) continue;
      if (at + width > end) break;
      this.#set(row, at, segment, style);
      for (let i = 1; i < width; i++) this.#set(row, at + i, COVERED, style);
      at += width;
    }
    return at;
  }

  /** Writes text so that it ends before `end`, and returns its first column. */
  putLeftOf(row: number, end: number, text: string, style: Style = PLAIN): number {
    const column = Math.max(0, end - widthOf(text));
    this.put(row, column, text, style, end - column);
    return column;
  }

  /** Sets the style of a whole row. */
  tint(row: number, style: Style): void {
    if (row >= 0 && row < this.rows) this.styles.fill(style, row * this.columns, (row + 1) * this.columns);
  }

  #set(row: number, column: number, text: string, style: Style): void {
    const place = row * this.columns + column;
    // A partly covered wide character is removed; some take more than two columns.
    if (text !== COVERED) {
      let lead = place;
      while (this.texts[lead] === COVERED) lead--;
      for (let at = lead; at < place; at++) this.texts[at] = ' ';
    }
    const end = (row + 1) * this.columns;
    for (let next = place + 1; next < end && this.texts[next] === COVERED; next++) this.texts[next] = ' ';
    this.texts[place] = text;
    this.styles[place] = style;
  }
}

/** Width of printable text in columns. */
export function widthOf(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** Whether all terminals agree on its width. */
export function isSurelyNarrow(text: string): boolean {
  return NARROW.test(text);
}
