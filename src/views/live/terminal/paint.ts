import { COVERED, Grid, isSurelyNarrow } from './grid.ts';
import { sequenceOf } from './palette.ts';
import { PLAIN, type Style } from './style.ts';

/** Unchanged cells between two changed ones that are cheaper to write again than to skip. */
const CHEAP_GAP = 5;
/** Synchronized output: terminals that support it show the text between these at once. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

/**
 * The output that changes a terminal from `before` to `now`: only the cells that changed;
 * empty without a change. `before` null, or of another size: the content of the terminal is unknown. The cursor is left at the
 * start of the last row, so that output of others, such as a shell's message about a stopped program, can be read.
 */
export function paint(before: Grid | null, now: Grid, palette: readonly string[]): string {
  const isFresh = before === null || before.columns !== now.columns || before.rows !== now.rows;
  const shown = isFresh ? new Grid(now.columns, now.rows) : before;
  const brush = new Brush(palette);
  for (let row = 0; row < now.rows; row++) paintRow(shown, now, row, brush);
  const changes = brush.finished();
  const end = `\x1b[${now.rows}H${END}`;
  if (isFresh) return `${BEGIN}\x1b[0m\x1b[2J${changes}${end}`;
  return changes === '' ? '' : `${BEGIN}${changes}${end}`;
}

function paintRow(before: Grid, now: Grid, row: number, brush: Brush): void {
  const start = row * now.columns;
  const end = start + now.columns;
  const blankFrom = blankTail(now, start, end);
  let place = start;
  while (place < end) {
    if (isSame(before, now, place)) {
      place++;
      continue;
    }
    if (place >= blankFrom) {
      brush.moveTo(row, place - start);
      brush.eraseToEnd();
      return;
    }
    brush.moveTo(row, place - start);
    let unchanged = 0;
    let isSure = true;
    while (place < blankFrom && unchanged <= CHEAP_GAP) {
      const isWide = place + 1 < end && now.texts[place + 1] === COVERED;
      isSure = brush.write(now.texts[place]!, now.styles[place]!, isWide ? 2 : 1);
      place++;
      // Cells that a terminal may have drawn over are written again.
      const isDone = isSure && place < end && isSame(before, now, place);
      unchanged = isDone ? gapFrom(before, now, place, blankFrom) : 0;
    }
    if (!isSure && place < end) {
      brush.eraseToEnd();
      return;
    }
  }
}

/** Start of the blank, plain rest of a row. */
function blankTail(grid: Grid, start: number, end: number): number {
  let place = end;
  while (place > start && grid.texts[place - 1] === ' ' && grid.styles[place - 1] === PLAIN) place--;
  return place;
}

/** Number of unchanged cells from `place` on, up to just more than is cheap. */
function gapFrom(before: Grid, now: Grid, place: number, end: number): number {
  let gap = 0;
  while (gap <= CHEAP_GAP && place + gap < end && isSame(before, now, place + gap)) gap++;
  return place + gap >= end ? CHEAP_GAP + 1 : gap;
}

function isSame(before: Grid, now: Grid, place: number): boolean {
  return before.texts[place] === now.texts[place] && before.styles[place] === now.styles[place];
}

/** Writes cells, and moves the cursor and changes the style only if needed. */
class Brush {
  #text = '';
  #row = -1;
  #column = -1;
  #style: Style = PLAIN;
  /** The position of the cursor on the terminal is uncertain. */
  #isUnsure = false;
  readonly #palette: readonly string[];

  constructor(palette: readonly string[]) {
    this.#palette = palette;
  }

  moveTo(row: number, column: number): void {
    if (row === this.#row && column === this.#column && !this.#isUnsure) return;
    this.#text += `\x1b[${row + 1};${column + 1}H`;
    this.#row = row;
    this.#column = column;
    this.#isUnsure = false;
  }

  /** Writes one cell, and returns whether all terminals draw it within its `width`. */
  write(text: string, style: Style, width: number): boolean {
    this.#use(style);
    const column = this.#column++;
    // Both columns were written with the wide character.
    if (text === COVERED) return false;
    if (this.#isUnsure) this.#text += `\x1b[${column + 1}G`;
    this.#isUnsure = !isSurelyNarrow(text);
    // Terminals disagree about widths: its columns are cleared, and the cursor is positioned after it.
    this.#text += this.#isUnsure ? `${' '.repeat(width)}\x1b[${column + 1}G${text}` : text;
    return !this.#isUnsure;
  }

  eraseToEnd(): void {
    this.#use(PLAIN);
    if (this.#isUnsure) this.#text += `\x1b[${this.#column + 1}G`;
    this.#isUnsure = false;
    this.#text += '\x1b[K';
  }

  finished(): string {
    this.#use(PLAIN);
    return this.#text;
  }

  #use(style: Style): void {
    if (style === this.#style) return;
    this.#text += sequenceOf(this.#palette, style);
    this.#style = style;
  }
}
