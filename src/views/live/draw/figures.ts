import type { QuantityUnit } from '../../../ledger/document/quantities.ts';
import { ABSENT, byteCount, decimal, duration, percent } from '../../format.ts';
import { PLAIN, STYLE, type Style } from '../terminal/style.ts';

/** Texts and styles of values in the live view. */

const MIB = 1_048_576;
const GIB = 1024 * MIB;

/** Percent of one core in at most five columns: `0.0`, `12.5`, `100.0`, `12345`. */
export function cpu(value: number | null): string {
  return value !== null && value >= 999.95 ? decimal(value, 0) : percent(value);
}

/** `12.5%` */
export function cpuWithUnit(value: number | null): string {
  return value === null ? ABSENT : `${cpu(value)}%`;
}

/** `12.3MiB/s`; zero is `0`, which is less distracting. */
function rate(value: number | null): string {
  if (value === null) return ABSENT;
  return value < 0.5 ? '0' : `${byteCount(value)}/s`;
}

/** By share of one core. */
export function cpuStyle(value: number | null): Style {
  if (value === null || value < 0.05) return STYLE.faint;
  if (value < 20) return PLAIN;
  if (value < 60) return STYLE.low;
  return value < 90 ? STYLE.middle : STYLE.high;
}

export function memoryStyle(bytes: number | null): Style {
  if (bytes === null) return STYLE.faint;
  if (bytes < 256 * MIB) return PLAIN;
  if (bytes < GIB) return STYLE.low;
  return bytes < 8 * GIB ? STYLE.middle : STYLE.high;
}

function rateStyle(bytesPerSecond: number | null): Style {
  if (bytesPerSecond === null || bytesPerSecond < 0.5) return STYLE.faint;
  if (bytesPerSecond < MIB) return PLAIN;
  if (bytesPerSecond < 16 * MIB) return STYLE.low;
  return bytesPerSecond < 128 * MIB ? STYLE.middle : STYLE.high;
}

/** Texts of a value: in a column, alone with its unit, and as one of several in a cell. */
interface Look {
  readonly cell: (value: number | null) => string;
  readonly alone: (value: number | null) => string;
  readonly part: (value: number) => string;
  readonly style: (value: number | null) => Style;
}

export const LOOKS: Readonly<Record<QuantityUnit, Look>> = {
  percent: { cell: cpu, alone: cpuWithUnit, part: cpu, style: cpuStyle },
  bytes: { cell: byteCount, alone: byteCount, part: byteCount, style: memoryStyle },
  bytesPerSecond: {
    cell: rate,
    alone: rate,
    part: (value) => (value < 0.5 ? '0' : byteCount(value)),
    style: rateStyle,
  },
};

/** A span of time: whole seconds below a minute, because tenths would flicker; above that like everywhere. */
export function briefly(value: number): string {
  return value < 59.95 ? `${Math.floor(value)}s` : duration(value);
}

const THOUSANDS = ['', 'k', 'M', 'G', 'T'];

/**
 * A number in at most this many columns: without its fraction, or in thousands (`12346k`) and so on, because a number that
 * is cut is another number. Other text stays as it is.
 */
export function fitted(text: string, columns: number): string {
  const [, sign = '', digits] = /^(×?)(\d+)(?:\.\d+)?$/.exec(text) ?? [];
  if (text.length <= columns || digits === undefined) return text;
  const shorter = THOUSANDS.map((unit, power) => sign + decimal(Number(digits) / 1000 ** power, 0) + unit);
  return shorter.find((each) => each.length <= columns) ?? text;
}
