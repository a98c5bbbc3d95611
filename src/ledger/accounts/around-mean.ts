import { LATE_SECONDS } from '../measuring/cpu-rate.ts';

/** By less than this part, a mean is beyond the extremes of equal values by rounding. */
const ROUNDING = 1e-9;

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
