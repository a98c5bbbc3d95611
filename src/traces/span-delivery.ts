import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ConsoleLines } from '../telemetry/export/console-delivery.ts';
import type { Delivery, DeliveryCounts } from '../telemetry/export/delivery.ts';
import { DeliveryQueue, type DeliveryQueueOptions } from '../telemetry/export/delivery-queue.ts';
import { type DeliveryValues, FanOut, otlpQueue } from '../telemetry/export/open-delivery.ts';
import type { EncodingName } from '../telemetry/export/otlp-encoding.ts';
import { isoOfHrTime } from '../telemetry/hr-time.ts';
import { printable } from '../text/printable.ts';

type SpanDelivery = Delivery<readonly ReadableSpan[]>;

/** An `ExportTraceServiceRequest` as bytes. */
const SERIALIZERS: Readonly<
  Record<EncodingName, { serializeRequest(spans: ReadableSpan[]): Uint8Array | undefined }>
> = { json: JsonTraceSerializer, protobuf: ProtobufTraceSerializer };

/** Delivery of spans to all of `exporters`; null for none. Throws TelemetrySetupError for invalid settings. */
export function openSpanDelivery(
  exporters: readonly ('otlp' | 'console')[],
  values: DeliveryValues,
): SpanDelivery | null {
  const [first, ...others] = exporters.map((name) =>
    name === 'otlp'
      ? new QueuedSpans(otlpQueue(values, 'traces'))
      : new ConsoleLines(values.writeConsole, (spans: readonly ReadableSpan[]) => spans.map(readable)),
  );
  if (first === undefined) return null;
  return others.length === 0 ? first : new FanOut<readonly ReadableSpan[]>([first, ...others]);
}

/** Serializes each batch once; only the bytes are kept and sent. */
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

function readable(span: ReadableSpan): object {
  const { traceId, spanId } = span.spanContext();
  return {
    span: span.name,
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? null,
    start: isoOfHrTime(span.startTime),
    end: isoOfHrTime(span.endTime),
    status: span.status.message ?? 'unset',
    attributes: span.attributes,
    events: span.events.map(({ name, time, attributes }) => ({ name, time: isoOfHrTime(time), attributes })),
  };
}
