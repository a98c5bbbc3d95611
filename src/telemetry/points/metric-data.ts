import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { Metric } from '../catalogue/metric.ts';

/** A metric with its points. `deltas`: counters are exported as increments. */
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

/** Descriptor of a metric, without its points. */
export function descriptorOf(metric: Metric): MetricData['descriptor'] {
  return {
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    valueType: metric.valueType === 'int' ? ValueType.INT : ValueType.DOUBLE,
  };
}
