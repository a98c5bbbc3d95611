/** A figure of columns, in which NaN stands for what is not known, as documents have it: null. */
export function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** The sum of what is known; null where neither is. */
export function nullableSum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}

/** How much a counter grew since `before`, from 0 where that is not known; null where it is not known now. */
export function nullableGrowth(now: number | null, before: number | null): number | null {
  return now === null ? null : now - (before ?? 0);
}

/** The higher of what is known; null where neither is. */
export function nullableMax(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
