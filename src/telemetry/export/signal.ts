/** The signals of OpenTelemetry that are exported: each has a path, a service and variables of its own. */
export type SignalName = 'metrics' | 'traces';

/** What differs from signal to signal on the way to a collector (OTLP specification), and what logs call its parts. */
interface Signal {
  /** In the names of its variables: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`. */
  readonly inVariables: string;
  /** Put after an endpoint that is for all signals. */
  readonly httpPath: string;
  readonly grpcMethod: string;
  /** The content of one request, and of several. */
  readonly request: readonly [one: string, many: string];
  /** What a collector may reject of a request that it accepts. */
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
