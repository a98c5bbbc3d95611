import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Delivery, DeliveryCounts } from '../telemetry/export/delivery.ts';
import { NOTHING_DELIVERED } from '../telemetry/export/delivery.ts';
import { DeliveryQueue, type DeliveryQueueOptions } from '../telemetry/export/delivery-queue.ts';
import { type DeliveryValues, FanOut, otlpQueue } from '../telemetry/export/open-delivery.ts';
import type { EncodingName } from '../telemetry/export/otlp-encoding.ts';
import { printable, printableJson } from '../text/printable.ts';

type SpanDelivery = Delivery<readonly ReadableSpan[]>;

/** An `ExportTraceServiceRequest` as bytes. */
const SERIALIZERS: Readonly<
  Record<EncodingName, { serializeRequest(spans: ReadableSpan[]): Uint8Array | undefined }>
> = { json: JsonTraceSerializer, protobuf: ProtobufTraceSerializer };

/** Delivery of spans by all of `exporters`; null for none. Throws TelemetrySetupError for what cannot be used. */
export function openSpanDelivery(
  exporters: readonly ('otlp' | 'console')[],
  values: DeliveryValues,
): SpanDelivery | null {
  const [first, ...others] = exporters.map((name) =>
    name === 'otlp' ? new QueuedSpans(otlpQueue(values, 'traces')) : new ConsoleSpans(values.writeConsole),
  );
  if (first === undefined) return null;
  return others.length === 0 ? first : new FanOut<readonly ReadableSpan[]>([first, ...others]);
}

/** Makes bytes of each batch once: from then on only these are kept and sent. */
export class QueuedSpans implements SpanDelivery {
  readonly #queue: DeliveryQueue;
  readonly #encoding: EncodingName;

  constructor(options: DeliveryQueueOptions) {
    this.#queue = new DeliveryQueue(options);
    this.#encoding = options.encoding.name;
  }

  get counts(): DeliveryCounts {
    return this.#queue.counts;
  }

  send(spans: readonly ReadableSpan[]): void {
    try {
      this.#queue.add(SERIALIZERS[this.#encoding].serializeRequest([...spans])!);
    } catch (error) {
      this.#queue.lose(`cannot serialize it: ${printable((error as Error).message)}`);
    }
  }

  shutdown(seconds: number): Promise<void> {
    return this.#queue.shutdown(seconds);
  }
}

/** Writes one line of JSON a span, for people who look on. */
class ConsoleSpans implements SpanDelivery {
  readonly #write: (line: string) => void;
  #delivered = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  get counts(): DeliveryCounts {
    if (this.#delivered === 0) return NOTHING_DELIVERED;
    return { ...NOTHING_DELIVERED, delivered: this.#delivered, state: 'delivered', stateText: 'delivered' };
  }

  send(spans: readonly ReadableSpan[]): void {
    for (const span of spans) this.#write(printableJson(readable(span)));
    this.#delivered++;
  }

  async shutdown(): Promise<void> {
    // Every line is written when it is sent.
  }
}

function readable(span: ReadableSpan): object {
  const { traceId, spanId } = span.spanContext();
  return {
    span: span.name,
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? null,
    start: iso(span.startTime),
    end: iso(span.endTime),
    status: span.status.message ?? 'unset',
    attributes: span.attributes,
    events: span.events.map(({ name, time, attributes }) => ({ name, time: iso(time), attributes })),
  };
}

function iso([seconds, nanoseconds]: readonly [number, number]): string {
  return new Date(seconds * 1000 + nanoseconds / 1e6).toISOString();
}
