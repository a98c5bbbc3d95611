/** Values of options and `OTEL_…` variables for telemetry. Only constants, because the configuration imports this module. */

/** Exporters of metrics. */
export const EXPORTERS = ['otlp', 'prometheus', 'console', 'none'] as const;
export type Exporter = (typeof EXPORTERS)[number];

/** Values of `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` (OTLP metrics exporter specification). */
export const TEMPORALITIES = ['cumulative', 'delta', 'lowmemory'] as const;
export type Temporality = (typeof TEMPORALITIES)[number];

/** Values of `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`. */
export const HISTOGRAM_AGGREGATIONS = [
  'explicit_bucket_histogram',
  'base2_exponential_bucket_histogram',
] as const;
export type HistogramAggregation = (typeof HISTOGRAM_AGGREGATIONS)[number];

/** Attributes that the points of a process can have in addition to its PID, start and name. */
export const PROCESS_ATTRIBUTES = ['cgroup', 'container', 'command-line', 'parent'] as const;
export type ProcessAttribute = (typeof PROCESS_ATTRIBUTES)[number];

/** Default attributes of the points of a process. */
export const USUAL_ATTRIBUTES: readonly ProcessAttribute[] = ['cgroup', 'container', 'command-line'];

/** Metrics with the lowest and highest sample of a window. */
const RANGE_METRICS = [
  'unitledger.unit.cpu.max_usage',
  'unitledger.unit.cpu.min_usage',
  'unitledger.unit.memory.max_resident',
  'unitledger.unit.memory.min_resident',
  'unitledger.process.cpu.max_usage',
  'unitledger.process.cpu.min_usage',
  'unitledger.process.memory.max_usage',
  'unitledger.process.memory.min_usage',
  'unitledger.process.disk.max_throughput',
  'unitledger.process.disk.min_throughput',
  'unitledger.process.transfer.max_throughput',
  'unitledger.process.transfer.min_throughput',
] as const;

/** Metrics that are off until they are requested by name. Those of `--process-details` are off as well. */
export const OPTIONAL_METRICS = [
  'unitledger.unit.pressure.share',
  'unitledger.unit.disk.cancelled',
  'unitledger.process.disk.cancelled',
  'unitledger.process.transfer.io',
  ...RANGE_METRICS,
] as const;
export type OptionalMetric = (typeof OPTIONAL_METRICS)[number];

/** Whether these need the lowest and highest sample of a window. */
export function wantRanges(metrics: readonly OptionalMetric[]): boolean {
  const ranges: readonly string[] = RANGE_METRICS;
  return metrics.some((name) => ranges.includes(name));
}

/** Limit on open connections of a server, without streams; a further connection closes another one. */
export const MOST_CONNECTIONS = 32;
