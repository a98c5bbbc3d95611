import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Encoding, EncodingName } from './otlp-encoding.ts';
import type { SignalName } from './signal.ts';
import type { AbortReason, Answer, Transport } from './transport.ts';

/** The result of an attempt. */
export interface EndpointTrial {
  readonly answer: Answer;
  readonly seconds: number;
}

/** A resource without spans (`ExportTraceServiceRequest`), which the serializer of spans does not make. */
const NO_SPANS: Readonly<Record<EncodingName, Uint8Array>> = {
  json: Buffer.from('{"resourceSpans":[{"resource":{},"scopeSpans":[]}]}'),
  protobuf: Uint8Array.of(0x0a, 0x02, 0x0a, 0x00),
};

/** Sends one empty OTLP request, and waits for its answer up to a time limit. */
export async function tryEndpoint(
  signal: SignalName,
  { encoding, transport }: { readonly encoding: Encoding; readonly transport: Transport },
  timeoutSeconds: number,
  monotonicSeconds: () => number,
): Promise<EndpointTrial> {
  const request =
    signal === 'traces'
      ? NO_SPANS[encoding.name]
      : encoding.encode({ resource: resourceFromAttributes({}), scopeMetrics: [] });
  const aborted = new AbortController();
  const timer = setTimeout(
    () =>
      aborted.abort({
        cause: 'timeout',
        reason: `no complete answer within ${timeoutSeconds} s (--export-timeout)`,
      } satisfies AbortReason),
    timeoutSeconds * 1000,
  );
  const begun = monotonicSeconds();
  try {
    const answer = await transport.send(request, aborted.signal);
    return { answer, seconds: monotonicSeconds() - begun };
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}
