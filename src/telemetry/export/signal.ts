/** The exported signals of OpenTelemetry: each has its own path, service and variables. */
export type SignalName = 'metrics' | 'traces';

/** Differences between signals in OTLP (OTLP specification), and names of their parts in logs. */
interface Signal {
  /** Part of the names of its variables: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`. */
  readonly inVariables: string;
  /** Appended to an endpoint for all signals. */
  readonly httpPath: string;
  readonly grpcMethod: string;
  /** The content of one request, and of several. */
  readonly request: readonly [one: string, many: string];
  /** Items that a collector can reject in an accepted request. */
  readonly items: string;
}

const SERVICES = '/opentelemetry.proto.collector';

export const SIGNALS: Readonly<Record<SignalName, Signal>> = {
  metrics: {
    inVariables: 'METRICS',
    httpPath: '/v1/metrics',
    grpcMethod: `${SERVICES}.metrics.v1.MetricsService/Export`,
    request: ['window', 'windows'],
    items: 'data points',
  },
  traces: {
    inVariables: 'TRACES',
    httpPath: '/v1/traces',
    grpcMethod: `${SERVICES}.trace.v1.TraceService/Export`,
    request: ['batch of spans', 'batches of spans'],
    items: 'spans',
  },
};
