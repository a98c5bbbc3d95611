import type { HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { ATTR_SYSTEMD_UNIT_NAME } from './attributes.ts';
import { levelOf } from './catalogue.ts';
import type { WindowSnapshot } from './current-window.ts';
import { hrTimeOf } from './hr-time.ts';
import type { ObservedSeries } from './observed-series.ts';

/** What a window's points are stamped by. */
export interface Stamp {
  readonly snapshot: WindowSnapshot;
  /** End of the window before; null at the first. */
  readonly previousEndUnixMillis: number | null;
  /** Since when the program's own counters count. */
  readonly startedUnixMillis: number;
  readonly histogramsStartUnixMillis: number;
  /** Counters' series that stand for something in this window. */
  readonly observed: ObservedSeries;
}

/**
 * The SDK's points with the window's times in the place of the moment they were collected at: all end when the window
 * ends; a cumulative one starts when its unit's figures do, a delta where the window before ended, a gauge where
 * this window started. Per-process points have their times already. Series of units and names that are no longer in the
 * window, which the SDK would repeat for ever, are left out.
 */
export function restamp(metrics: readonly MetricData[], stamp: Stamp): MetricData[] {
  const { window } = stamp.snapshot;
  const starts = new Map(window.units.map((unit) => [unit.unit.toWellFormed(), unit.startUnixMillis]));
  const time = (unixMillis: number): HrTime => hrTimeOf(Math.min(unixMillis, window.endUnixMillis));
  const end = hrTimeOf(window.endUnixMillis);
  const windowStart = time(window.startUnixMillis);

  function pointsOf<T>(metric: MetricData, points: readonly DataPoint<T>[]): DataPoint<T>[] {
    const level = levelOf(metric.descriptor.name);
    const gauge = metric.dataPointType === DataPointType.GAUGE;
    const isSum = metric.dataPointType === DataPointType.SUM;
    const ownStart = isSum || gauge ? stamp.startedUnixMillis : stamp.histogramsStartUnixMillis;
    const kept: DataPoint<T>[] = [];
    for (const { attributes, value } of points) {
      const unit = attributes[ATTR_SYSTEMD_UNIT_NAME];
      const start = typeof unit === 'string' ? starts.get(unit) : stamp.startedUnixMillis;
      if (start === undefined) continue;
      if (isSum && attributes[OVERFLOW] !== true && !stamp.observed.has(metric.descriptor.name, attributes)) {
        continue;
      }
      const counted = level === 'unit' || level === 'executable' ? start : ownStart;
      const startTime = gauge
        ? windowStart
        : metric.aggregationTemporality === AggregationTemporality.DELTA
          ? time(Math.max(counted, stamp.previousEndUnixMillis ?? counted))
          : time(counted);
      kept.push({ attributes, startTime, endTime: end, value });
    }
    return kept;
  }

  return metrics.flatMap((metric) => {
    if (levelOf(metric.descriptor.name) === 'process') return [metric];
    const restamped = { ...metric, dataPoints: pointsOf<unknown>(metric, metric.dataPoints) } as MetricData;
    return restamped.dataPoints.length === 0 ? [] : [restamped];
  });
}

/** Set by the SDK on the point that holds what is beyond its limit of series. */
const OVERFLOW = 'otel.metric.overflow';
