import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { Delivery, DeliveryCounts } from '../telemetry/export/delivery.ts';
import type { DeliveryValues } from '../telemetry/export/open-delivery.ts';
import { type ResourceValues, SCHEMA_URL, telemetryResource } from '../telemetry/resource.ts';
import type { FoldedBatch } from './fold.ts';
import type { TraceRoot } from './process-node.ts';
import { foldedSpan, processSpan, rootSpan, type SpanBatch, type SpanContent } from './span-data.ts';
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
  readonly #delivery: Delivery<SpanBatch>;
  readonly #resource: Resource;
  readonly #scope: InstrumentationScope;

  private constructor(delivery: Delivery<SpanBatch>, resource: ResourceValues) {
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
    const beforeRoots = single.length + folded.length;
    const spanAt = (index: number): SpanContent => {
      if (index < single.length) return processSpan(single[index]!);
      if (index < beforeRoots) return foldedSpan(folded[index - single.length]!);
      return rootSpan(roots[index - beforeRoots]!);
    };
    const all = beforeRoots + roots.length;
    for (let from = 0; from < all; from += MOST_SPANS_OF_REQUEST) {
      const count = Math.min(all - from, MOST_SPANS_OF_REQUEST);
      this.#delivery.send({ around, count, contentOf: (index) => spanAt(from + index) });
    }
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
