import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { printableJson } from '../../text/printable.ts';
import { isoOfHrTime } from '../hr-time.ts';
import { endsSeries } from '../points/series-end.ts';
import { type Delivery, type DeliveryCounts, NOTHING_DELIVERED } from './delivery.ts';

/** Writes lines of JSON, for people who watch. */
export class ConsoleLines<Content> implements Delivery<Content> {
  readonly #write: (line: string) => void;
  readonly #linesOf: (content: Content) => readonly object[];
  #delivered = 0;

  /** `write` takes a line without its newline; for standard error, because standard output has only the summary. */
  constructor(write: (line: string) => void, linesOf: (content: Content) => readonly object[]) {
    this.#write = write;
    this.#linesOf = linesOf;
  }

  get counts(): DeliveryCounts {
    if (this.#delivered === 0) return NOTHING_DELIVERED;
    return { ...NOTHING_DELIVERED, delivered: this.#delivered, state: 'delivered', stateText: 'delivered' };
  }

  send(content: Content): void {
    for (const line of this.#linesOf(content)) this.#write(printableJson(line));
    this.#delivered++;
  }

  async shutdown(): Promise<void> {
    // Every line is written when it is sent.
  }
}

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
