import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Delivery, DeliveryCounts } from '../telemetry/export/delivery.ts';
import type { DeliveryValues } from '../telemetry/export/open-delivery.ts';
import { type ResourceValues, SCHEMA_URL, telemetryResource } from '../telemetry/resource.ts';
import type { FoldedBatch } from './fold.ts';
import type { TraceRoot } from './process-node.ts';
import { foldedSpan, processSpan, rootSpan } from './span-data.ts';
import { openSpanDelivery } from './span-delivery.ts';

/** Maximum spans per request, within the default limits of receivers. */
const MOST_SPANS_OF_REQUEST = 2000;

export interface SpanSinkOptions {
  readonly exporters: readonly ('otlp' | 'console')[];
  readonly resource: ResourceValues;
  readonly delivery: DeliveryValues;
}

/** Creates spans of ended processes, and delivers them. */
export class SpanSink {
  readonly #delivery: Delivery<readonly ReadableSpan[]>;
  readonly #resource: Resource;
  readonly #scope: InstrumentationScope;

  private constructor(delivery: Delivery<readonly ReadableSpan[]>, resource: ResourceValues) {
    this.#delivery = delivery;
    this.#resource = telemetryResource(resource);
    this.#scope = { name: 'unitledger', version: resource.version, schemaUrl: SCHEMA_URL };
  }

  /** Null if spans are sent nowhere. Throws TelemetrySetupError if a variable or the spool directory is invalid. */
  static open({ exporters, resource, delivery }: SpanSinkOptions): SpanSink | null {
    const opened = openSpanDelivery(exporters, delivery);
    return opened && new SpanSink(opened, resource);
  }

  /** Sends a batch, and the roots that ended after its processes. */
  send({ single, folded }: FoldedBatch, roots: readonly TraceRoot[]): void {
    const around = { resource: this.#resource, scope: this.#scope };
    const spans = [
      ...single.map((node) => processSpan(node, around)),
      ...folded.map((each) => foldedSpan(each, around)),
      ...roots.map((root) => rootSpan(root, around)),
    ];
    for (let at = 0; at < spans.length; at += MOST_SPANS_OF_REQUEST)
      this.#delivery.send(spans.slice(at, at + MOST_SPANS_OF_REQUEST));
  }

  /** Counts of the batches of `send`. */
  get counts(): DeliveryCounts {
    return this.#delivery.counts;
  }

  /** See `Delivery.shutdown`. */
  shutdown(seconds: number): Promise<void> {
    return this.#delivery.shutdown(seconds);
  }
}
