import { LATE_SECONDS } from '../measuring/cpu-rate.ts';
import { bucketOf, QuantileSketch, rankOf } from './quantile-sketch.ts';

/** Statistics of a rate or gauge over sample intervals. */
export interface SummaryStats {
  readonly min: number;
  readonly max: number;
  /** Weighted by time. */
  readonly avg: number;
  /** 95th percentile of the samples, at most 2.5% too high. */
  readonly p95: number;
  /** Time of the first sample that had the maximum, on the monotonic clock. */
  readonly maxAtSeconds: number;
}

/** Statistics that need neither a distribution nor a time. */
export type MinMaxAvg = Pick<SummaryStats, 'min' | 'max' | 'avg'>;

/** Relative rounding error by which a mean may exceed the extremes of equal values. */
const ROUNDING = 1e-9;

/** Late charges of CPU: the integral of a CPU percentage over a run may be too high by this. */
export const LATE_PERCENT_SECONDS = 100 * LATE_SECONDS;

/**
 * The only definition of an average: `integral` over `seconds`, with the extremes of the samples. Intervals too short
 * for a sample count for the integral only, and can move the mean beyond the extremes. Without samples (`min` above
 * `max`) the result is the mean alone. `late`: by how much the integral may be too high (late CPU charges). Null
 * without intervals.
 */
export function minMaxAvg(
  min: number,
  max: number,
  integral: number,
  seconds: number,
  late = 0,
): MinMaxAvg | null {
  if (seconds === 0) return null;
  const mean = integral / seconds;
  if (max >= 0 && mean > max && mean <= max * (1 + ROUNDING) + late / seconds) return { min, max, avg: max };
  if (mean < min && mean >= min * (1 - ROUNDING)) return { min, max, avg: min };
  return { min: Math.min(min, mean), max: Math.max(max, mean), avg: mean };
}

/** The percentile of all statistics. */
export const PERCENTILE = 0.95;

/**
 * The 95th percentile, consistent with the extremes and the average of the same quantity. `sketched`: percentile of
 * `count` samples by a sketch; NaN without samples. At most 5% of the time is above it, so the average sets a lower
 * limit: an average that is weighted by time, or that includes intervals too short to be samples, may be higher than
 * the samples alone suggest.
 */
export function percentileBeside({ min, max, avg }: MinMaxAvg, sketched: number, count: number): number {
  if (count === 0 || Number.isNaN(sketched)) return avg;
  const above = (count - rankOf(PERCENTILE, count)) / count;
  const least = (avg - above * max) / (1 - above);
  return Math.min(max, Math.max(min, least, sketched));
}

/** Minimum, maximum, time-weighted average and 95th percentile of one rate or gauge over sample intervals. */
export class StatsAccount {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #maxAtSeconds = Number.NaN;
  #integral = 0;
  #seconds = 0;
  #count = 0;
  readonly #sketch = new QuantileSketch();
  readonly #isWhole: boolean;

  /** `isWhole`: values, and thus percentiles, are integers. */
  constructor(isWhole = false) {
    this.#isWhole = isWhole;
  }

  /**
   * Adds `value` (finite, >= 0), valid for the `seconds` up to `atSeconds`. Without `isSample` (a rate over a very
   * short time) it counts for the mean only. `amount`: contribution to the mean, if not value × seconds.
   */
  add(value: number, seconds: number, atSeconds: number, isSample = true, amount = value * seconds): void {
    this.#integral += amount;
    this.#seconds += seconds;
    if (!isSample) {
      if (this.#count === 0) this.#maxAtSeconds = atSeconds;
      return;
    }
    if (value < this.#min) this.#min = value;
    if (value > this.#max) {
      this.#max = value;
      this.#maxAtSeconds = atSeconds;
    }
    this.#count++;
    if (value > 0) this.#sketch.add(bucketOf(value), 1);
  }

  /** Null without intervals. `late`: see `minMaxAvg`. */
  stats(late = 0): SummaryStats | null {
    const extremes = minMaxAvg(this.#min, this.#max, this.#integral, this.#seconds, late);
    if (extremes === null) return null;
    const border = this.#sketch.quantile(PERCENTILE, this.#count);
    // The border of a bucket is above all its values.
    const sketched = this.#isWhole && border > 0 ? Math.ceil(border) - 1 : border;
    const p95 = percentileBeside(extremes, sketched, this.#count);
    const { min, max } = extremes;
    return {
      ...extremes,
      p95: this.#isWhole ? Math.max(min, Math.min(max, Math.ceil(p95 - ROUNDING))) : p95,
      maxAtSeconds: this.#maxAtSeconds,
    };
  }
}
