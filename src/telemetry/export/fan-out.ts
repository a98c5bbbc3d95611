import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Delivery, DeliveryCounts } from './delivery.ts';

/** Hands each window to several. The first is the one whose counts stand for the run. */
export class FanOut implements Delivery {
  readonly #deliveries: readonly [Delivery, ...Delivery[]];

  constructor(deliveries: readonly [Delivery, ...Delivery[]]) {
    this.#deliveries = deliveries;
  }

  get counts(): DeliveryCounts {
    return this.#deliveries[0].counts;
  }

  send(metrics: ResourceMetrics): void {
    for (const delivery of this.#deliveries) delivery.send(metrics);
  }

  async shutdown(seconds: number): Promise<void> {
    await Promise.all(this.#deliveries.map((delivery) => delivery.shutdown(seconds)));
  }
}
