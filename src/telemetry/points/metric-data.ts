import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { Metric } from '../catalogue/metric.ts';
import { metricOfColumns, type PointColumns } from './point-columns.ts';

/** A metric with its points. `deltas`: counters are exported as increments. */
export function metricData(metric: Metric, columns: PointColumns, deltas: boolean): MetricData {
  const descriptor = descriptorOf(metric);
  if (metric.instrument === 'gauge') {
    return metricOfColumns(
      {
        descriptor,
        dataPointType: DataPointType.GAUGE,
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
      },
      columns,
    );
  }
  const monotonic = metric.instrument === 'counter';
  return metricOfColumns(
    {
      descriptor,
      dataPointType: DataPointType.SUM,
      aggregationTemporality:
        deltas && monotonic ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
      isMonotonic: monotonic,
    },
    columns,
  );
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
