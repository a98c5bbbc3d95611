/** Sums and maxima of values that may be unknown: null, never 0. */

/** Converts a column value to a document value: NaN (unknown) becomes null. */
export function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** Sum of the known values; null if both are unknown. */
export function nullableSum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}

/** Growth of a counter since `before` (0 if unknown); null if the current value is unknown. */
export function nullableGrowth(now: number | null, before: number | null): number | null {
  return now === null ? null : now - (before ?? 0);
}

/** The higher known value; null if both are unknown. */
export function nullableMax(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
