import { studentTQuantile } from './student-t.ts';

/** Statistics of one metric over repeated runs. */
export interface Series {
  /** One value per run that has the metric. */
  readonly values: readonly number[];
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** A confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Values that differ by less than this share are equal: sums are rounded. */
const ROUNDING = 1e-9;

/** Null if no run has the metric. */
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
 * Confidence interval (0 to 1) of the difference of the means, for normally distributed values
 * with different variances on the two sides: Welch's t interval. Null if a side has a single run, whose variance is unknown.
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

/** Confidence interval of the mean: Student's t interval. Null for a single run. */
export function meanInterval(series: Series, confidence: number): Interval | null {
  if (series.values.length < 2) return null;
  return around(series.mean, Math.sqrt(squaredError(series)), series.values.length - 1, confidence);
}

function around(middle: number, error: number, degrees: number, confidence: number): Interval {
  if (error === 0) return { low: middle, high: middle };
  const reach = error * studentTQuantile((1 + confidence) / 2, degrees);
  return { low: middle - reach, high: middle + reach };
}

/** The square of the standard error of the mean; 0 if the values differ only by rounding. */
function squaredError({ values, mean, min, max }: Series): number {
  if (max - min <= ROUNDING * Math.max(Math.abs(min), Math.abs(max))) return 0;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return squares / (values.length - 1) / values.length;
}
