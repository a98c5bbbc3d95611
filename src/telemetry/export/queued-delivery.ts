import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPMetricExporterBase } from '@opentelemetry/exporter-metrics-otlp-http';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { printable } from '../../text/printable.ts';
import type { Delivery, DeliveryCounts } from './delivery.ts';
import { DeliveryQueue, type DeliveryQueueOptions } from './delivery-queue.ts';
import type { Encoding } from './otlp-encoding.ts';

export interface QueuedDeliveryOptions extends DeliveryQueueOptions {
  readonly encoding: Encoding;
}

/** What an OTLP exporter of the SDK hands its metrics to. */
type ExportDelegate = ConstructorParameters<typeof OTLPMetricExporterBase>[0];

/**
 * OpenTelemetry's OTLP metric exporter over a queue of ours: makes bytes of each window once, and from then on only these
 * are kept and sent. What the exporter would tell a reader of the SDK, as which temporality it wants, nobody asks: points come
 * made.
 */
export class QueuedDelivery implements Delivery {
  readonly #queue: DeliveryQueue;
  readonly #exporter: OTLPMetricExporterBase;

  constructor(options: QueuedDeliveryOptions) {
    this.#queue = new DeliveryQueue(options);
    this.#exporter = new OTLPMetricExporterBase(new QueueDelegate(this.#queue, options.encoding));
  }

  get counts(): DeliveryCounts {
    return this.#queue.counts;
  }

  send(metrics: ResourceMetrics): void {
    this.#exporter.export(metrics, ({ error }) => {
      if (error !== undefined) this.#queue.lose(`cannot serialize it: ${printable(error.message)}`);
    });
  }

  shutdown(seconds: number): Promise<void> {
    return this.#queue.shutdown(seconds);
  }
}

/**
 * Stands in the exporter's design where the SDK has its network. An export has succeeded when the queue has the bytes, since
 * it does not lose them: neither retries nor deadlines are the exporter's business.
 */
class QueueDelegate implements ExportDelegate {
  readonly #queue: DeliveryQueue;
  readonly #encoding: Encoding;

  constructor(queue: DeliveryQueue, encoding: Encoding) {
    this.#queue = queue;
    this.#encoding = encoding;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    let body: Uint8Array;
    try {
      body = this.#encoding.encode(metrics);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      done({ code: ExportResultCode.FAILED, error });
      return;
    }
    this.#queue.add(body);
    done({ code: ExportResultCode.SUCCESS });
  }

  forceFlush(): Promise<void> {
    return this.#queue.drained;
  }

  shutdown(): Promise<void> {
    return this.#queue.shutdown(0);
  }

  setMetrics(): void {
    // The program's metrics of itself say what became of windows.
  }
}
