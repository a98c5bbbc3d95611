import { existsSync, readFileSync } from 'node:fs';

/** One span in OTLP/JSON, with its attributes by name. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Absent in a root span. */
  readonly parentSpanId?: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly events: readonly { readonly name: string; readonly atSeconds: number }[];
}

interface JsonSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: ReceivedSpan['status'];
  readonly attributes: { readonly key: string; readonly value: Readonly<Record<string, string | number>> }[];
  readonly events?: { readonly name: string; readonly timeUnixNano: string }[];
}

/** Spans in the output of a Collector's file exporter so far. */
export function spansIn(file: string): ReceivedSpan[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.flatMap((line) => spansOf(JSON.parse(line)));
}

/** The spans of one `ExportTraceServiceRequest` in JSON. */
export function spansOf(request: {
  readonly resourceSpans: { readonly scopeSpans: { readonly spans: JsonSpan[] }[] }[];
}): ReceivedSpan[] {
  return request.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map((span) => ({
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      ...(span.parentSpanId && { parentSpanId: span.parentSpanId }),
      startSeconds: Number(span.startTimeUnixNano) / 1e9,
      endSeconds: Number(span.endTimeUnixNano) / 1e9,
      status: span.status,
      attributes: Object.fromEntries(
        span.attributes.map(({ key, value }) => {
          const [type, content] = Object.entries(value)[0]!;
          return [key, type === 'intValue' ? Number(content) : content];
        }),
      ),
      events: (span.events ?? []).map(({ name, timeUnixNano }) => ({
        name,
        atSeconds: Number(timeUnixNano) / 1e9,
      })),
    }));
}

/** CPU of all processes among the spans, including waited-for children. */
export function cpuSecondsOf(spans: readonly ReceivedSpan[]): number {
  const ofProcesses = spans.filter(({ attributes }) => 'process.executable.name' in attributes);
  const of = (name: string) =>
    ofProcesses.reduce((sum, { attributes }) => sum + Number(attributes[name] ?? 0), 0);
  return of('unitledger.cpu.time') + of('unitledger.cpu.reaped_time');
}
