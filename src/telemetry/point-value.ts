/**
 * `value` as it may be exported: whole where the metric is of whole numbers; `null`, so no point, where it is not
 * known or not finite, since JSON has neither NaN nor Infinity and would make `null` of them, which a collector
 * refuses with the whole request.
 */
export function pointValue(value: number | null, valueType: 'int' | 'double'): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  return valueType === 'int' ? Math.round(value) : value;
}
