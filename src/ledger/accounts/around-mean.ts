import { LATE_SECONDS } from '../measuring/cpu-rate.ts';
import { rankOf } from './quantile-sketch.ts';

/** By less than this part, a mean is beyond the extremes of equal values by rounding. */
export const ROUNDING = 1e-9;

/** CPU in percent, over seconds, that was charged late: by so much the integral of a run may be too high. */
export const LATE_PERCENT_SECONDS = 100 * LATE_SECONDS;

/**
 * Extremes of samples, and a mean over more than these: what was too short to be a sample can take the mean beyond them, and
 * where nothing was a sample (`min` above `max`) there is the mean alone. By `late` the mean may be too
 * high.
 */
export function aroundMean(
  min: number,
  max: number,
  mean: number,
  late = 0,
): { readonly min: number; readonly max: number; readonly avg: number } {
  if (max >= 0 && mean > max && mean <= max * (1 + ROUNDING) + late) return { min, max, avg: max };
  if (mean < min && mean >= min * (1 - ROUNDING)) return { min, max, avg: min };
  return { min: Math.min(min, mean), max: Math.max(max, mean), avg: mean };
}

/** The percentile that statistics have. */
export const PERCENTILE = 0.95;

/**
 * The 95th percentile as it can be, beside the extremes and the mean of the same figure. `sketched`: that of `count` samples, by
 * a sketch; NaN without samples. At most 5% of the time is above it, so the mean sets a lower limit: a mean that is weighted by
 * time, or that holds intervals too short to be samples, may be higher than the samples alone would have it.
 */
export function percentileBeside(
  { min, max, avg }: { readonly min: number; readonly max: number; readonly avg: number },
  sketched: number,
  count: number,
): number {
  if (count === 0 || Number.isNaN(sketched)) return avg;
  const above = (count - rankOf(PERCENTILE, count)) / count;
  const least = (avg - above * max) / (1 - above);
  return Math.min(max, Math.max(min, least, sketched));
}
