import type { HrTime } from '@opentelemetry/api';
import type { DataPoint, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { hrTimeOf } from '../hr-time.ts';
import { emptied, type HistogramValue } from './histogram.ts';
import { columnsOf, columnsWithEnds } from './point-columns.ts';

/**
 * Replaces the number of a point that ends its series and has no value (OTLP
 * `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`). No measured value is NaN: `pointValue` removes them.
 */
export const NO_RECORDED_VALUE = Number.NaN;

/** A histogram point that ends its series. It keeps its buckets, because each is a separate series in some backends. */
export function endOf(value: HistogramValue): HistogramValue {
  return { ...emptied(value), sum: NO_RECORDED_VALUE };
}

/** Minimum distance of a series from the previous window, which may have ended a series with the same attributes. */
const BEGINNING_MILLIS = 1;

/** Start time in `window` of a new series that counts since `sinceUnixMillis`. */
export function beginningOf(
  sinceUnixMillis: number,
  { startUnixMillis, endUnixMillis }: WindowTimes,
): number {
  return Math.min(Math.max(sinceUnixMillis, startUnixMillis + BEGINNING_MILLIS), endUnixMillis);
}

/** After the last window of a run, all series end this much later, because a series has one point at a time. */
const ENDING_MILLIS = 1;

/** The metrics of the last window of a run, with a point that ends the series after each value. */
export function withEnds(
  { resource, scopeMetrics }: ResourceMetrics,
  endUnixMillis: number,
): ResourceMetrics {
  const end = hrTimeOf(endUnixMillis);
  const endTime = hrTimeOf(endUnixMillis + ENDING_MILLIS);
  const ended = (metric: MetricData): MetricData => {
    const ofColumns = columnsWithEnds(metric, endUnixMillis + ENDING_MILLIS);
    if (ofColumns !== undefined) return ofColumns;
    const points: readonly DataPoint<number | HistogramValue>[] = metric.dataPoints;
    const ends = points
      .filter((point) => isOfWindow(point, end))
      .map((point) => ({
        ...point,
        endTime,
        value: typeof point.value === 'number' ? NO_RECORDED_VALUE : endOf(point.value),
      }));
    return { ...metric, dataPoints: [...points, ...ends] } as MetricData;
  };
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(ended) })),
  };
}

/** Start and end of a window. */
export interface WindowTimes {
  readonly startUnixMillis: number;
  readonly endUnixMillis: number;
}

/** Whether a point has no value because its series ends. A histogram that ends has `NO_RECORDED_VALUE` as its sum. */
export function endsSeries({ value }: Pick<DataPoint<unknown>, 'value'>): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  return Number.isNaN((value as { readonly sum?: number }).sum);
}

/** Whether a point has the time of its window's end and a value, so that it neither begins nor ends its series. */
export function isOfWindow(point: DataPoint<unknown>, [seconds, nanoseconds]: HrTime): boolean {
  return point.endTime[0] === seconds && point.endTime[1] === nanoseconds && !endsSeries(point);
}

/** Series that have a value in the window; those that end with it are not counted, those that begin are counted once. */
export function seriesIn(metrics: readonly MetricData[], endUnixMillis: number): number {
  const end = hrTimeOf(endUnixMillis);
  let series = 0;
  for (const metric of metrics) {
    const columns = columnsOf(metric);
    if (columns !== undefined) series += columns.seriesCount;
    else for (const point of metric.dataPoints) if (isOfWindow(point, end)) series++;
  }
  return series;
}
