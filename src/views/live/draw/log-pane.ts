import type { Grid } from '../terminal/grid.ts';
import { STYLE } from '../terminal/style.ts';

/** A log line for display. */
export interface LogLine {
  /** Printable. */
  readonly text: string;
  /** Style by level. */
  readonly style: 'quiet' | 'warn' | 'bad';
}

/** A log line with its time on the clock of the frames; undefined: before the first frame. */
export interface LoggedLine extends LogLine {
  atSeconds: number | undefined;
}

/** Seconds for which a line is shown below the table; after that it is only on the log page. */
const SHOWN_SECONDS = { quiet: 15, warn: 60, bad: 300 };

/** Lines that are new enough for the pane below the table. */
export function recentLines(lines: readonly LoggedLine[], nowSeconds: number): readonly LoggedLine[] {
  return lines.filter(({ style, atSeconds = nowSeconds }) => nowSeconds - atSeconds < SHOWN_SECONDS[style]);
}

const STYLES = { quiet: STYLE.faint, warn: STYLE.warn, bad: STYLE.bad };

/** Number of log lines below the table, on a screen with this many lines. */
export function logPaneLines(rows: number, lines: number): number {
  return Math.min(lines, rows >= 30 ? 3 : rows >= 16 ? 1 : 0);
}

/** Draws the last lines, up to `back` lines before the end, newest at the bottom. */
export function drawLog(grid: Grid, from: number, to: number, lines: readonly LogLine[], back = 0): void {
  const room = Math.max(0, to - from);
  const end = lines.length - Math.min(back, Math.max(0, lines.length - room));
  const shown = lines.slice(Math.max(0, end - room), end);
  for (const [at, { text, style }] of shown.entries()) {
    grid.put(from + at, 0, text.slice(0, 4 * grid.columns), STYLES[style]);
  }
}
