/** Eighths of a cell, from empty to full. */
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * Values as blocks on one line, from 0 to `top`; blank for an absent value. Values above 0 are always visible.
 */
export function sparkline(values: ArrayLike<number>, top: number): string {
  let line = '';
  for (let i = 0; i < values.length; i++) line += blockOf(values[i]!, top, 1, 0);
  return line;
}

/** Values as an area of blocks on this many lines, top line first, from 0 to `top`. */
export function area(values: ArrayLike<number>, top: number, lines: number): string[] {
  return Array.from({ length: lines }, (_, line) => {
    let text = '';
    for (let i = 0; i < values.length; i++) text += blockOf(values[i]!, top, lines, lines - 1 - line);
    return text;
  });
}

/** The block on one of `lines`, counted from the bottom. */
function blockOf(value: number, top: number, lines: number, line: number): string {
  if (Number.isNaN(value)) return ' ';
  const eighths = top > 0 ? Math.round((Math.min(value, top) / top) * lines * 8) : 0;
  // A line along the bottom distinguishes 0 from an unknown value.
  const drawn = line === 0 ? Math.max(1, eighths) : eighths - 8 * line;
  return EIGHTHS[Math.max(0, Math.min(8, drawn))]!;
}

/** The highest known value; 0 if none is known. */
export function highest(values: ArrayLike<number>): number {
  let top = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > top) top = values[i]!;
  return top;
}
