import type { Join } from './track.ts';

/**
 * A figure over time in the page model: from point `from` on, one difference per point; null is unknown. The sum of the
 * differences up to a point is the code of its value (`codeOf`): a whole number of the figure's unit (`SCALES`), exact
 * below 512 and to within 0.2% above.
 */
export interface PageSeries {
  readonly from: number;
  readonly codes: readonly (number | null)[];
}

/** Scale between a figure and the whole numbers of a series: hundredths of a percent, KiB, bytes a second. */
export const SCALES = { share: 10_000, memoryBytes: 1 / 1024, bytesPerSecond: 1, rate: 1_000 } as const;
export type Scale = keyof typeof SCALES;

/** Whole numbers below this are their own code. */
const EXACT = 512;
const HALF = EXACT / 2;

/** The code of a value >= 0: floating point with 8 bits behind the first. */
export function codeOf(value: number, scale: Scale): number {
  const whole = Math.round(Math.max(0, value) * SCALES[scale]);
  if (whole < EXACT) return whole;
  const shift = Math.floor(Math.log2(whole)) - 8;
  return HALF * shift + Math.round(whole / 2 ** shift);
}

export function valueOfCode(code: number, scale: Scale): number {
  if (code < EXACT) return code / SCALES[scale];
  const shift = Math.floor(code / HALF) - 1;
  return ((code - HALF * shift) * 2 ** shift) / SCALES[scale];
}

/** A figure of the points `from` to `to` (not included) as a series; null if no point is known. NaN is unknown. */
export function encodeSeries(
  valueAt: (point: number) => number,
  from: number,
  to: number,
  scale: Scale,
): PageSeries | null {
  let first = from;
  let last = to;
  while (first < last && Number.isNaN(valueAt(first))) first++;
  while (last > first && Number.isNaN(valueAt(last - 1))) last--;
  if (first >= last) return null;
  const codes = new Array<number | null>(last - first);
  let before = 0;
  for (let point = first; point < last; point++) {
    const value = valueAt(point);
    if (Number.isNaN(value)) {
      codes[point - first] = null;
      continue;
    }
    const code = codeOf(value, scale);
    codes[point - first] = code - before;
    before = code;
  }
  return { from: first, codes };
}

/** Writes the values of a series into `values`, by point; other points stay unchanged. */
export function decodeSeries(series: PageSeries, scale: Scale, values: Float64Array): void {
  let code = 0;
  for (const [at, difference] of series.codes.entries()) {
    if (difference !== null) code += difference;
    const point = series.from + at;
    if (point < values.length) values[point] = difference === null ? Number.NaN : valueOfCode(code, scale);
  }
}

/** The scale of a figure in its series, and how two values of one point are merged: only amounts are added. */
export interface FigureFacts {
  readonly scale: Scale;
  readonly join: Join;
}

/** The figures of a process over time. This is the only list of them. */
export const PROCESS_FIGURES = {
  cpu: { scale: 'share', join: 'sum' },
  cpuMax: { scale: 'share', join: 'max' },
  reaped: { scale: 'share', join: 'sum' },
  memory: { scale: 'memoryBytes', join: 'sum' },
  memoryMax: { scale: 'memoryBytes', join: 'max' },
  disk: { scale: 'bytesPerSecond', join: 'sum' },
  transfer: { scale: 'bytesPerSecond', join: 'sum' },
} as const satisfies Readonly<Record<string, FigureFacts>>;
export type ProcessFigure = keyof typeof PROCESS_FIGURES;
export const PROCESS_FIGURE_NAMES = Object.keys(PROCESS_FIGURES) as readonly ProcessFigure[];

/** The figures of a unit over time. This is the only list of them. */
export const UNIT_FIGURES = {
  cpu: { scale: 'share', join: 'sum' },
  cpuMin: { scale: 'share', join: 'min' },
  cpuMax: { scale: 'share', join: 'max' },
  reaped: { scale: 'share', join: 'sum' },
  unattributed: { scale: 'share', join: 'sum' },
  charged: { scale: 'memoryBytes', join: 'max' },
  processCount: { scale: 'rate', join: 'sum' },
  born: { scale: 'rate', join: 'sum' },
  ended: { scale: 'rate', join: 'sum' },
  throttled: { scale: 'share', join: 'sum' },
  cpuPressure: { scale: 'share', join: 'sum' },
  memoryPressure: { scale: 'share', join: 'sum' },
  ioPressure: { scale: 'share', join: 'sum' },
} as const satisfies Readonly<Record<string, FigureFacts>>;
export type UnitFigure = keyof typeof UNIT_FIGURES;
export const UNIT_FIGURE_NAMES = Object.keys(UNIT_FIGURES) as readonly UnitFigure[];
