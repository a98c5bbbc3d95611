import type { HrTime } from '@opentelemetry/api';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { printableJson } from '../../text/printable.ts';
import { endsSeries } from '../points/series-end.ts';
import { type Delivery, type DeliveryCounts, NOTHING_DELIVERED } from './delivery.ts';

/** Writes one line of JSON a window, for people who look on. */
export class ConsoleDelivery implements Delivery {
  readonly #write: (line: string) => void;
  #delivered = 0;

  /** `write` takes a line without its newline; for standard error, since standard output carries the summary alone. */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  get counts(): DeliveryCounts {
    if (this.#delivered === 0) return NOTHING_DELIVERED;
    return { ...NOTHING_DELIVERED, delivered: this.#delivered, state: 'delivered', stateText: 'delivered' };
  }

  send(metrics: ResourceMetrics): void {
    this.#write(printableJson(readable(metrics)));
    this.#delivered++;
  }

  async shutdown(): Promise<void> {
    // Every line is written when it is sent.
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
      start: iso(point.startTime),
      end: iso(point.endTime),
      ...(endsSeries(point) ? { ends: true } : { value: point.value }),
    })),
  };
}

function iso([seconds, nanoseconds]: HrTime): string {
  return new Date(seconds * 1000 + nanoseconds / 1e6).toISOString();
}
