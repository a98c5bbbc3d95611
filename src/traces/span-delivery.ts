import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ConsoleLines } from '../telemetry/export/console-delivery.ts';
import type { Delivery, DeliveryCounts } from '../telemetry/export/delivery.ts';
import { DeliveryQueue, type DeliveryQueueOptions } from '../telemetry/export/delivery-queue.ts';
import { type DeliveryValues, FanOut, otlpQueue } from '../telemetry/export/open-delivery.ts';
import type { EncodingName } from '../telemetry/export/otlp-encoding.ts';
import { isoOfHrTime } from '../telemetry/hr-time.ts';
import { printable } from '../text/printable.ts';
import { readableSpans, type SpanBatch } from './span-data.ts';
import { spansProtobuf } from './span-protobuf.ts';

type SpanDelivery = Delivery<SpanBatch>;

/** An `ExportTraceServiceRequest` as bytes. */
const SERIALIZERS: Readonly<Record<EncodingName, (batch: SpanBatch) => Uint8Array>> = {
  json: (batch) => JsonTraceSerializer.serializeRequest(readableSpans(batch))!,
  protobuf: spansProtobuf,
};

/** Delivery of spans to all of `exporters`; null for none. Throws TelemetrySetupError for invalid settings. */
export function openSpanDelivery(
  exporters: readonly ('otlp' | 'console')[],
  values: DeliveryValues,
): SpanDelivery | null {
  const [first, ...others] = exporters.map((name) =>
    name === 'otlp'
      ? new QueuedSpans(otlpQueue(values, 'traces'))
      : new ConsoleLines(values.writeConsole, (batch: SpanBatch) => readableSpans(batch).map(readable)),
  );
  if (first === undefined) return null;
  return others.length === 0 ? first : new FanOut<SpanBatch>([first, ...others]);
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

  send(batch: SpanBatch): void {
    try {
      this.#queue.add(SERIALIZERS[this.#encoding](batch));
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
