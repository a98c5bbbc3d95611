import stringWidth from 'string-width';
import { escapeOf, printable } from '../text/printable.ts';

/**
 * Formats numbers and hostile text for people, in every view. Units are in the column's title or in the text
 * itself; an unknown value is `-`, never 0.
 */
export const ABSENT = '-';

const BYTES_PER_MB = 1_048_576;
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** `value` with `digits` decimals; `-` for null and NaN. */
export function decimal(value: number | null, digits: number): string {
  if (value === null || !Number.isFinite(value)) return ABSENT;
  const text = value.toFixed(digits);
  // A small negative number would otherwise be `-0.0`.
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

/** Percent of one core: `12.5`. */
export function percent(value: number | null): string {
  return decimal(value, 1);
}

/** A ratio as a percentage with its sign: 0.979 is `97.9%`. */
export function ratio(value: number | null): string {
  const text = decimal(value === null ? null : value * 100, 1);
  return text === ABSENT ? ABSENT : `${text}%`;
}

/** Bytes in MB of 1,048,576: `3.1`. */
export function megabytes(bytes: number | null): string {
  return decimal(bytes === null ? null : bytes / BYTES_PER_MB, 1);
}

/** Bytes a second as a whole number: `4194304`. A column has one unit, so that longer means more. */
export function bytesPerSecond(value: number | null): string {
  return decimal(value, 0);
}

/** An amount of bytes with its unit: `512B`, `12.3MiB`. */
export function byteCount(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return ABSENT;
  let scaled = bytes;
  let unit = 0;
  // 1023.95 would be rounded up to `1024.0`.
  while (Math.abs(scaled) >= (unit === 0 ? 1023.5 : 1023.95) && unit < BYTE_UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${decimal(scaled, unit === 0 ? 0 : 1)}${BYTE_UNITS[unit]}`;
}

/** CPU seconds to a clock tick: `12.34`. */
export function seconds(value: number | null): string {
  return decimal(value, 2);
}

/** `min/max/avg`, each written by `one`; `-` when there is no statistic. */
export function minMaxAvgText(
  statistic: { readonly min: number; readonly max: number; readonly avg: number } | null,
  one: (value: number) => string,
): string {
  return statistic === null ? ABSENT : `${one(statistic.min)}/${one(statistic.max)}/${one(statistic.avg)}`;
}

/** A span of time in two units at most: `0.5s`, `30.0s`, `4m12s`, `3h05m`, `12d04h`. */
export function duration(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return ABSENT;
  if (value < 59.95) return `${decimal(value, 1)}s`;
  const whole = Math.round(value);
  const two = (part: number) => String(part).padStart(2, '0');
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)}h${two(Math.floor((whole % 3_600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d${two(Math.floor((whole % 86_400) / 3_600))}h`;
}

/** The UTC date and time of an ISO 8601 time: `2026-11-22 22:52:32`. */
export function utcDate(iso: string | null): string {
  const millis = iso === null ? Number.NaN : Date.parse(iso);
  return Number.isFinite(millis) ? new Date(millis).toISOString().slice(0, 19).replace('T', ' ') : ABSENT;
}

/** The UTC time of day of an ISO 8601 time, with its date if that differs from the date of `beside`: `22:52:32`. */
export function utcTime(iso: string | null, beside: string): string {
  const time = utcDate(iso);
  return time.slice(0, 10) === utcDate(beside).slice(0, 10) ? time.slice(11) : time;
}

/** `count` things: `1 process`, `3 processes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * Letters that move what is next to them in a terminal: of scripts written from right to left (the blocks that Unicode's bidi
 * algorithm keeps for them); vowels and final consonants of decomposed Hangul, which have no column of their own.
 */
const MOVING_LETTERS =
  /[\u{590}-\u{8ff}\u{1160}-\u{11ff}\u{d7b0}-\u{d7ff}\u{fb1d}-\u{fdff}\u{fe70}-\u{feff}\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/gu;

/**
 * Hostile text for a line of columns: printable, at most `maxColumns` wide (a cut is marked by `…`), and with
 * right-to-left letters escaped as well, because a terminal that reorders them also reorders numbers next to them; likewise
 * letters without a column of their own. Text that is empty, or has spaces at an end, is quoted.
 */
export function cellText(text: string, maxColumns: number): string {
  return /^ | $|^$/.test(text) ? `"${cut(text, maxColumns - 2)}"` : cut(text, maxColumns);
}

/** Container IDs: 64 hexadecimal digits, of which container tools show the first twelve. */
const CONTAINER_ID = /(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])/g;

/** The path of a cgroup with container ids of twelve digits. */
export function withShortIds(path: string): string {
  return path.replaceAll(CONTAINER_ID, '$1…');
}

/**
 * The path of a cgroup below that of its unit, for a line of columns: container IDs are cut to twelve digits, and a long
 * path loses its upper levels. The unit's own cgroup (null) is `/`.
 */
export function subCgroupText(path: string | null, maxColumns: number): string {
  let shown = withShortIds(path ?? '/');
  while (stringWidth(shown) > maxColumns) {
    const next = shown.indexOf('/', shown.startsWith('…/') ? 2 : 1);
    if (next < 0) break;
    shown = `…${shown.slice(next)}`;
  }
  return cellText(shown, maxColumns);
}

function cut(text: string, maxColumns: number): string {
  // Escaping megabytes to show a few columns would let an attacker cause work.
  const start = text.slice(0, 64 * maxColumns);
  const whole = printable(start).replace(MOVING_LETTERS, escapeOf);
  if (start.length === text.length && stringWidth(whole) <= maxColumns) return whole;
  let shown = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(whole)) {
    width += stringWidth(segment);
    if (width >= maxColumns) break;
    shown += segment;
  }
  return `${shown}…`;
}

/** Alignment of a column: words to the left, numbers to the right. */
export type Alignment = 'left' | 'right';

/** Space between two columns. */
export const GAP = '  ';

/**
 * Lines of equal width, each column as wide as its widest cell on a terminal (wide characters take two columns).
 * Cells must be printable already.
 */
export function alignRows(alignments: readonly Alignment[], rows: readonly (readonly string[])[]): string[] {
  const widths = alignments.map(() => 0);
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, stringWidth(cell));
  }
  return rows.map((row) => alignRow(alignments, widths, row));
}

/** One of these lines; `widths` of the columns are in terminal columns. */
export function alignRow(
  alignments: readonly Alignment[],
  widths: readonly number[],
  cells: readonly string[],
): string {
  return cells
    .map((cell, at) => {
      const fill = ' '.repeat((widths[at] ?? 0) - stringWidth(cell));
      return alignments[at] === 'right' ? fill + cell : cell + fill;
    })
    .join(GAP);
}
