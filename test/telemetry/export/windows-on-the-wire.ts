import { ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';

/** A window with one gauge whose value is `value`. */
export function windowWith(value: number): ResourceMetrics {
  return {
    resource: resourceFromAttributes({ 'service.name': 'unitledger' }),
    scopeMetrics: [
      {
        scope: { name: 'unitledger' },
        metrics: [
          {
            descriptor: { name: 'test.value', unit: '1', description: '', valueType: ValueType.INT },
            dataPointType: DataPointType.GAUGE,
            aggregationTemporality: AggregationTemporality.CUMULATIVE,
            dataPoints: [{ attributes: {}, startTime: [1, 0], endTime: [2, 0], value }],
          },
        ],
      },
    ],
  };
}

/** The value of `windowWith` in the bytes of OTLP/JSON. */
export function valueInJson(bytes: Uint8Array): unknown {
  const { resourceMetrics } = JSON.parse(new TextDecoder().decode(bytes));
  const { asInt, asDouble } = resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[0];
  return Number(asInt ?? asDouble);
}
