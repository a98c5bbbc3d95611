import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { printable } from '../../text/printable.ts';
import { otlpJson } from './otlp-json.ts';
import { otlpProtobuf, reuseWindow } from './otlp-protobuf.ts';
import { fieldsOf } from './protobuf-fields.ts';
import { LONGEST_TEXT } from './transport.ts';

/** The two forms of OTLP's bytes. */
export type EncodingName = 'json' | 'protobuf';

/**
 * An OTLP answer that accepts a request, but rejects points or spans of it or has a remark
 * (`ExportMetricsPartialSuccess`, `ExportTracePartialSuccess`).
 */
interface PartialSuccess {
  readonly rejectedPoints: number;
  readonly remark: string | null;
}

/** Encodes metrics, and decodes answers. */
export interface Encoding {
  readonly name: EncodingName;
  readonly contentType: string;
  /** An `ExportMetricsServiceRequest`. */
  encode(metrics: ResourceMetrics): Uint8Array;
  /** The bytes that `encode` returned are not used any more, and may be overwritten. */
  release?(body: Uint8Array): void;
  /** The partial success of an export response of any signal (same field numbers); null for another body. Never throws. */
  partialSuccessOf(body: Uint8Array): PartialSuccess | null;
  /** The message of a `google.rpc.Status`, or other text in the body. Printable, one line; may be empty. */
  messageOf(body: Uint8Array): string;
}

const NOTHING_SAID: PartialSuccess = { rejectedPoints: 0, remark: null };

const JSON_ENCODING: Encoding = {
  name: 'json',
  contentType: 'application/json',
  encode: otlpJson,
  partialSuccessOf(body) {
    if (body.length === 0) return NOTHING_SAID;
    try {
      const response: unknown = JSON.parse(utf8(body));
      if (typeof response !== 'object' || response === null || Array.isArray(response)) return null;
      return readPartialSuccess((response as Record<string, unknown>).partialSuccess);
    } catch {
      return null;
    }
  },
  messageOf(body) {
    try {
      const { message } = JSON.parse(utf8(body)) as Record<string, unknown>;
      if (typeof message === 'string') return shortened(message);
    } catch {
      // A proxy in front of a collector answers in another format.
    }
    return shortened(utf8(body));
  },
};

const PROTOBUF_ENCODING: Encoding = {
  name: 'protobuf',
  contentType: 'application/x-protobuf',
  encode: otlpProtobuf,
  release: reuseWindow,
  partialSuccessOf(body) {
    // The library skips unknown bytes, so a text may be taken for a message.
    if (!fieldsOf(body).isWhole) return null;
    try {
      return readPartialSuccess(ProtobufMetricsSerializer.deserializeResponse(body).partialSuccess);
    } catch {
      return null;
    }
  },
  messageOf(body) {
    return shortened(statusMessage(body) ?? utf8(body));
  },
};

export const ENCODINGS: Readonly<Record<EncodingName, Encoding>> = {
  json: JSON_ENCODING,
  protobuf: PROTOBUF_ENCODING,
};

function readPartialSuccess(partial: unknown): PartialSuccess {
  if (partial === undefined || partial === null) return NOTHING_SAID;
  const { rejectedDataPoints, rejectedSpans, errorMessage } = partial as Record<string, unknown>;
  // A 64-bit number is a string in JSON.
  const rejected = Number(rejectedDataPoints ?? rejectedSpans ?? 0);
  return {
    rejectedPoints: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
    remark: typeof errorMessage === 'string' && errorMessage !== '' ? shortened(errorMessage) : null,
  };
}

/** Field 2 of a `google.rpc.Status` that starts correctly: with its code in field 1, or with the message. */
function statusMessage(body: Uint8Array): string | null {
  let at = 0;
  if (body[at] === 0x08) {
    at++;
    while (at < body.length && body[at]! >= 0x80) at++;
    at++;
  }
  if (body[at++] !== 0x12) return null;
  let length = 0;
  for (let shift = 0; shift < 28 && at < body.length; shift += 7) {
    const byte = body[at++]!;
    length += (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return at + length <= body.length ? utf8(body.subarray(at, at + length)) : null;
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The title of an HTML page of a proxy or web server. */
function shortened(text: string): string {
  const trimmed = text.trim();
  const isPage = /^<(?:!doctype|\?xml|html)\b/i.test(trimmed);
  const [, title = ''] = (isPage && /<title>([^<]*)/i.exec(trimmed)) || [];
  return printable((isPage ? title.trim() : trimmed).slice(0, LONGEST_TEXT));
}
