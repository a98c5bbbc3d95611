import { studentTQuantile } from './student-t.ts';

/** What repeated runs say of one figure. */
export interface Series {
  /** Of each run that has it. */
  readonly values: readonly number[];
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** Between these it lies, with the confidence that was asked for. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Figures that differ by less than this share of them are the same: it is how sums are rounded. */
const ROUNDING = 1e-9;

/** Null where no run has the figure. */
export function seriesOf(values: readonly number[]): Series | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const min = Math.min(...values);
  const max = Math.max(...values);
  return { values, mean: Math.min(max, Math.max(min, mean)), min, max };
}

/** The difference of the means. */
export function differenceOf(before: Series, after: Series): number {
  const difference = after.mean - before.mean;
  return Math.abs(difference) <= ROUNDING * Math.max(Math.abs(before.mean), Math.abs(after.mean))
    ? 0
    : difference;
}

/**
 * Where the difference of the means lies with this confidence (0 to 1), if figures scatter as a normal distribution does,
 * on each side with a spread of its own: Welch's t interval. Null where a side has a single run: nothing tells its spread.
 */
export function differenceInterval(before: Series, after: Series, confidence: number): Interval | null {
  if (before.values.length < 2 || after.values.length < 2) return null;
  const ofBefore = squaredError(before);
  const ofAfter = squaredError(after);
  const both = ofBefore + ofAfter;
  const difference = differenceOf(before, after);
  if (both === 0) return { low: difference, high: difference };
  // Welch and Satterthwaite's degrees of freedom.
  const degrees =
    (both * both) /
    ((ofBefore * ofBefore) / (before.values.length - 1) + (ofAfter * ofAfter) / (after.values.length - 1));
  return around(difference, Math.sqrt(both), degrees, confidence);
}

/** Where the mean lies with this confidence: Student's t interval. Null where there is a single run. */
export function meanInterval(series: Series, confidence: number): Interval | null {
  if (series.values.length < 2) return null;
  return around(series.mean, Math.sqrt(squaredError(series)), series.values.length - 1, confidence);
}

function around(middle: number, error: number, degrees: number, confidence: number): Interval {
  if (error === 0) return { low: middle, high: middle };
  const reach = error * studentTQuantile((1 + confidence) / 2, degrees);
  return { low: middle - reach, high: middle + reach };
}

/** The square of the standard error of the mean; 0 where the values differ by rounding alone. */
function squaredError({ values, mean, min, max }: Series): number {
  if (max - min <= ROUNDING * Math.max(Math.abs(min), Math.abs(max))) return 0;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return squares / (values.length - 1) / values.length;
}
