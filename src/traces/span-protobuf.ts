import { SpanKind } from '@opentelemetry/api';
import { writeAttribute, writeResource, writeScope } from '../telemetry/export/otlp-protobuf.ts';
import { ProtobufWriter } from '../telemetry/export/protobuf-writer.ts';
import type { ExecMark } from './process-node.ts';
import {
  EXEC_EVENT,
  type PutAttribute,
  putExec,
  type SpanBatch,
  type SpanContent,
  unixMillisOf,
} from './span-data.ts';

/** Memory for a span of a short-lived process with an exec; a batch with longer spans grows. */
const SPAN_BYTES = 640;
const LEAST_BYTES = 4096;

/** `SpanKind` of the protocol: 0 is unspecified there. */
const KIND = SpanKind.INTERNAL + 1;

/** `SpanFlags`: whether the parent is remote is known, and it is. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/**
 * An `ExportTraceServiceRequest` as protobuf (opentelemetry/proto/trace/v1/trace.proto). The SDK's serializer writes the
 * same bytes, but encodes each span twice, and needs all spans of a request as objects.
 */
export function spansProtobuf({ around, count, contentOf }: SpanBatch): Uint8Array {
  const { resource, scope } = around;
  const to = new ProtobufWriter(Buffer.allocUnsafeSlow(LEAST_BYTES + count * SPAN_BYTES));
  const put: Put = {
    ofSpan: (name, value) => writeAttribute(to, 9, name, value),
    ofEvent: (name, value) => writeAttribute(to, 3, name, value),
  };
  to.message(1, () => {
    writeResource(to, resource);
    to.message(2, () => {
      writeScope(to, scope);
      for (let index = 0; index < count; index++) {
        const start = to.begin(2);
        writeSpan(to, contentOf(index), put);
        to.end(start);
      }
      if (scope.schemaUrl) to.string(3, scope.schemaUrl);
    });
    if (resource.schemaUrl) to.string(3, resource.schemaUrl);
  });
  return to.finish();
}

/** Writers of attributes, one for all spans of a request. */
interface Put {
  readonly ofSpan: PutAttribute;
  readonly ofEvent: PutAttribute;
}

/** Fields of `Span`. */
function writeSpan(to: ProtobufWriter, content: SpanContent, put: Put): void {
  const { root, parentSpanId, execs, status } = content;
  const { traceId, isSampled, state } = root.context;
  to.hex(1, traceId);
  to.hex(2, content.spanId);
  if (state !== '') to.string(3, state);
  if (parentSpanId !== null) to.hex(4, parentSpanId);
  to.string(5, content.name);
  to.varint(6, KIND);
  to.unixMillis(7, unixMillisOf(root, content.startSeconds));
  to.unixMillis(8, unixMillisOf(root, content.endSeconds));
  content.putAttributes(put.ofSpan);
  to.varint(10, 0);
  for (const mark of execs) writeExec(to, content, mark, put);
  to.varint(12, content.droppedExecs);
  to.varint(14, 0);
  const start = to.begin(15);
  if (status.message !== undefined) to.string(2, status.message);
  to.varint(3, status.code);
  to.end(start);
  to.fixed32(16, (isSampled ? 1 : 0) | HAS_IS_REMOTE | (content.isParentRemote ? IS_REMOTE : 0));
}

/** An `Event`. */
function writeExec(to: ProtobufWriter, { root }: SpanContent, mark: ExecMark, put: Put): void {
  const start = to.begin(11);
  to.unixMillis(1, unixMillisOf(root, mark.atSeconds));
  to.string(2, EXEC_EVENT);
  putExec(mark, put.ofEvent);
  to.varint(4, 0);
  to.end(start);
}
