import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { printableJson } from '../../text/printable.ts';
import { isoOfHrTime } from '../hr-time.ts';
import { endsSeries } from '../points/series-end.ts';
import { type Delivery, type DeliveryCounts, NOTHING_DELIVERED } from './delivery.ts';

/** Writes lines of JSON, for people who watch. */
export class ConsoleLines<Content> implements Delivery<Content> {
  readonly #write: (line: string) => unknown;
  readonly #linesOf: (content: Content) => readonly object[];
  #delivered = 0;
  #dropped = 0;
  #isBehind = false;

  /**
   * `write` takes a line without its newline, and returns false if it dropped the line; for standard error, because standard
   * output has only the summary.
   */
  constructor(write: (line: string) => unknown, linesOf: (content: Content) => readonly object[]) {
    this.#write = write;
    this.#linesOf = linesOf;
  }

  get counts(): DeliveryCounts {
    if (this.#delivered + this.#dropped === 0) return NOTHING_DELIVERED;
    return {
      ...NOTHING_DELIVERED,
      delivered: this.#delivered,
      failed: this.#dropped,
      dropped: this.#dropped,
      droppedBy: { ...NOTHING_DELIVERED.droppedBy, memory: this.#dropped },
      state: this.#isBehind ? 'failing' : 'delivered',
      stateText: this.#isBehind ? 'failing: standard error is not read' : 'delivered',
    };
  }

  send(content: Content): void {
    this.#isBehind = false;
    for (const line of this.#linesOf(content))
      if (this.#write(printableJson(line)) === false) this.#isBehind = true;
    if (this.#isBehind) this.#dropped++;
    else this.#delivered++;
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
