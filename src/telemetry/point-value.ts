import type { Metric } from './catalogue/metric.ts';

/**
 * `value` for export: rounded for metrics of whole numbers; `null`, so no point, if it is unknown
 * or not finite, because JSON has neither NaN nor Infinity and would write `null`, for which a collector
 * refuses the whole request.
 */
export function pointValue(value: number | null, valueType: Metric['valueType']): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  return valueType === 'int' ? Math.round(value) : value;
}
