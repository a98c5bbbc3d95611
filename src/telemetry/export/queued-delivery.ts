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

/** The part of an SDK OTLP exporter that receives metrics. */
type ExportDelegate = ConstructorParameters<typeof OTLPMetricExporterBase>[0];

/**
 * OpenTelemetry's OTLP metric exporter over unitledger's queue: encodes each window once, and from then on only these bytes
 * are kept and sent. Preferences of the exporter, such as temporality, are not used: points arrive
 * complete.
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
 * Replaces the network in the design of the SDK's exporter. An export succeeds when the queue has the bytes, because
 * the queue does not lose them and is responsible for retries and deadlines.
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
    // Metrics of the program itself count windows by outcome.
  }
}
