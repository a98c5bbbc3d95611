import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { Metric } from '../catalogue/metric.ts';

/** A metric with its points. `deltas`: counters are exported as what they grew by. */
export function metricData(metric: Metric, dataPoints: DataPoint<number>[], deltas: boolean): MetricData {
  const descriptor = descriptorOf(metric);
  if (metric.instrument === 'gauge') {
    return {
      descriptor,
      dataPointType: DataPointType.GAUGE,
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints,
    };
  }
  const monotonic = metric.instrument === 'counter';
  return {
    descriptor,
    dataPointType: DataPointType.SUM,
    aggregationTemporality:
      deltas && monotonic ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    isMonotonic: monotonic,
    dataPoints,
  };
}

/** What stands above the points of a metric. */
export function descriptorOf(metric: Metric): MetricData['descriptor'] {
  return {
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    valueType: metric.valueType === 'int' ? ValueType.INT : ValueType.DOUBLE,
  };
}
