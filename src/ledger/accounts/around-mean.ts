/** By less than this part, a mean is beyond the extremes of equal values by rounding. */
const ROUNDING = 1e-9;

/**
 * Extremes of samples, and a mean over more than these: what was too short to be a sample can take the mean beyond them, and
 * where nothing was a sample (`min` above `max`) there is the mean alone.
 */
export function aroundMean(
  min: number,
  max: number,
  mean: number,
): { readonly min: number; readonly max: number; readonly avg: number } {
  if (mean > max && mean <= max * (1 + ROUNDING)) return { min, max, avg: max };
  if (mean < min && mean >= min * (1 - ROUNDING)) return { min, max, avg: min };
  return { min: Math.min(min, mean), max: Math.max(max, mean), avg: mean };
}
