import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { isoOfHrTime } from '../hr-time.ts';
import { endsSeries } from '../points/series-end.ts';
import { ConsoleLines } from './console-lines.ts';

/** Writes one line of JSON per window. */
export class ConsoleDelivery extends ConsoleLines<ResourceMetrics> {
  constructor(write: (line: string) => void) {
    super(write, (metrics) => [readable(metrics)]);
  }
}

function readable({ resource, scopeMetrics }: ResourceMetrics): object {
  return {
    resource: resource.attributes,
    metrics: scopeMetrics.flatMap(({ metrics }) => metrics.map(readableMetric)),
  };
}

function readableMetric({ descriptor, dataPoints }: MetricData): object {
  return {
    name: descriptor.name,
    unit: descriptor.unit,
    points: dataPoints.map((point: MetricData['dataPoints'][number]) => ({
      attributes: point.attributes,
      start: isoOfHrTime(point.startTime),
      end: isoOfHrTime(point.endTime),
      ...(endsSeries(point) ? { ends: true } : { value: point.value }),
    })),
  };
}
