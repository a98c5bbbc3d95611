import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { endsSeries } from '../points/series-end.ts';

/** OTLP `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`. */
export const NO_RECORDED_VALUE_FLAG = 1;

/** Values of OTLP's `AggregationTemporality`. */
export function temporalityNumber(temporality: AggregationTemporality): 1 | 2 {
  return temporality === AggregationTemporality.DELTA ? 1 : 2;
}

/**
 * An `ExportMetricsServiceRequest` as OTLP/JSON. The SDK's serializer writes the same, but has no flags for points: the
 * end of a series would look like a value.
 */
export function otlpJson({ resource, scopeMetrics }: ResourceMetrics): Uint8Array {
  const request = {
    resourceMetrics: [
      {
        resource: { attributes: keyValues(resource.attributes), droppedAttributesCount: 0 },
        scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
          scope: { name: scope.name, version: scope.version },
          metrics: metrics.map(metricOf),
          ...schemaOf(scope),
        })),
        ...schemaOf(resource),
      },
    ],
  };
  return new TextEncoder().encode(JSON.stringify(request));
}

function schemaOf({ schemaUrl }: { readonly schemaUrl?: string | undefined }): object {
  return schemaUrl === undefined || schemaUrl === '' ? {} : { schemaUrl };
}

function metricOf(metric: MetricData): object {
  const { name, description, unit, valueType } = metric.descriptor;
  const head = { name, description, unit };
  const aggregationTemporality = temporalityNumber(metric.aggregationTemporality);
  switch (metric.dataPointType) {
    case DataPointType.SUM: {
      const dataPoints = metric.dataPoints.map((point) => numberPoint(point, valueType));
      return { ...head, sum: { aggregationTemporality, isMonotonic: metric.isMonotonic, dataPoints } };
    }
    case DataPointType.GAUGE:
      return {
        ...head,
        gauge: { dataPoints: metric.dataPoints.map((point) => numberPoint(point, valueType)) },
      };
    case DataPointType.HISTOGRAM:
      return {
        ...head,
        histogram: { aggregationTemporality, dataPoints: metric.dataPoints.map(histogramPoint) },
      };
    case DataPointType.EXPONENTIAL_HISTOGRAM: {
      const dataPoints = metric.dataPoints.map(exponentialPoint);
      return { ...head, exponentialHistogram: { aggregationTemporality, dataPoints } };
    }
  }
}

function numberPoint(point: DataPoint<number>, valueType: ValueType): object {
  const { attributes, startTime, endTime, value } = point;
  const head = {
    attributes: keyValues(attributes),
    startTimeUnixNano: nanosOf(startTime),
    timeUnixNano: nanosOf(endTime),
  };
  if (endsSeries(point)) return { ...head, flags: NO_RECORDED_VALUE_FLAG };
  return valueType === ValueType.INT ? { ...head, asInt: value } : { ...head, asDouble: value };
}

function histogramPoint(point: DataPoint<Histogram>): object {
  const { buckets, count, min, max } = point.value;
  return {
    attributes: keyValues(point.attributes),
    bucketCounts: buckets.counts,
    explicitBounds: buckets.boundaries,
    count,
    ...sumOf(point),
    min,
    max,
    startTimeUnixNano: nanosOf(point.startTime),
    timeUnixNano: nanosOf(point.endTime),
  };
}

function exponentialPoint(point: DataPoint<ExponentialHistogram>): object {
  const { count, min, max, positive, negative, scale, zeroCount } = point.value;
  return {
    attributes: keyValues(point.attributes),
    count,
    min,
    max,
    ...sumOf(point),
    positive,
    negative,
    scale,
    zeroCount,
    startTimeUnixNano: nanosOf(point.startTime),
    timeUnixNano: nanosOf(point.endTime),
  };
}

/** The sum of a histogram. A point that ends a series has a sum, too, because that is a separate series in Prometheus. */
function sumOf(point: DataPoint<Histogram> | DataPoint<ExponentialHistogram>): object {
  return endsSeries(point) ? { sum: 0, flags: NO_RECORDED_VALUE_FLAG } : { sum: point.value.sum };
}

function keyValues(attributes: Attributes): object[] {
  return Object.keys(attributes).map((key) => ({ key, value: anyValue(attributes[key]) }));
}

function anyValue(value: AttributeValue | undefined | null): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
  return Array.isArray(value) ? { arrayValue: { values: value.map(anyValue) } } : {};
}

function nanosOf([seconds, nanoseconds]: HrTime): string {
  return (BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)).toString();
}
