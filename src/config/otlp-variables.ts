import {
  HISTOGRAM_AGGREGATIONS,
  type HistogramAggregation,
  TEMPORALITIES,
  type Temporality,
} from './config.ts';
import { type Environment, variable } from './environment.ts';
import { choice, type Format } from './format.ts';
import { refusal } from './given.ts';

/** A standard variable that is honoured and stands for no option. */
export interface OtlpVariable<Value = string> {
  /** The one for metrics, then the one for all signals: the first that is set counts. */
  readonly variables: readonly string[];
  readonly help: string;
  /** Checked at start by this; undefined: the exporter reads it and judges for itself. */
  readonly format: Format<Value> | undefined;
}

const PROTOCOL = choice(['http/json', 'http/protobuf', 'grpc']);
const TEMPORALITY: Format<Temporality> = choice(TEMPORALITIES);
const HISTOGRAM_AGGREGATION: Format<HistogramAggregation> = choice(HISTOGRAM_AGGREGATIONS);

const ENDPOINT: Format<string> = {
  accepted: 'an http:// or https:// URL, such as http://localhost:4318, or unix:// and the path of a socket',
  holds: 'string',
  fileTypes: [],
  read(text) {
    return isUrl(text) ? { kind: 'value', value: text } : { kind: 'must', must: this.accepted };
  },
  write: String,
};

const GRPC_ENDPOINT: Format<string> = {
  ...ENDPOINT,
  accepted:
    'an http:// or https:// URL, such as http://localhost:4317, HOST:PORT, or unix:// and the path of a socket',
  read(text) {
    const isAddress = /^[^/@?#]+:[0-9]+$/.test(text) && URL.canParse(`http://${text}`);
    return isAddress || isUrl(text) ? { kind: 'value', value: text } : { kind: 'must', must: this.accepted };
  },
};

function isUrl(text: string): boolean {
  return (/^https?:\/\//i.test(text) && URL.canParse(text)) || /^unix:(?:\/\/)?\/[^/\0][^\0]*$/i.test(text);
}

function forMetrics(name: string): readonly string[] {
  return [`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
}

/** The OTLP variables of the specification, beside those that stand for an option (`Option.standard`). */
export const OTLP_VARIABLES = {
  endpoint: {
    variables: forMetrics('ENDPOINT'),
    help: 'Where the collector listens. The first is used as it stands; `/v1/metrics` is put after the second. With `grpc`, a path says nothing.',
    format: ENDPOINT,
  },
  protocol: {
    variables: forMetrics('PROTOCOL'),
    help: '`http/json` (default), `http/protobuf` or `grpc`.',
    format: PROTOCOL,
  },
  insecure: {
    variables: forMetrics('INSECURE'),
    help: 'Whether an endpoint of `grpc` that is no URL, but HOST:PORT, goes without TLS: `false` if not set.',
    format: choice(['true', 'false']),
  },
  headers: {
    variables: forMetrics('HEADERS'),
    help: 'Headers sent with every request: `name=value`, separated by commas. Both variables count.',
    format: undefined,
  },
  compression: {
    variables: forMetrics('COMPRESSION'),
    help: '`gzip` or `none`.',
    format: choice(['none', 'gzip']),
  },
  certificate: {
    variables: forMetrics('CERTIFICATE'),
    help: "File with the certificates that the collector's is checked against. Read again when it changes, as the next two.",
    format: undefined,
  },
  clientCertificate: {
    variables: forMetrics('CLIENT_CERTIFICATE'),
    help: 'File with the certificate shown to the collector.',
    format: undefined,
  },
  clientKey: {
    variables: forMetrics('CLIENT_KEY'),
    help: 'File with the key of that certificate.',
    format: undefined,
  },
  temporality: {
    variables: ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'],
    help: '`cumulative` (default), `delta` or `lowmemory`.',
    format: TEMPORALITY,
  },
  histogramAggregation: {
    variables: ['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'],
    help: '`explicit_bucket_histogram` (default) or `base2_exponential_bucket_histogram`.',
    format: HISTOGRAM_AGGREGATION,
  },
} as const satisfies Readonly<Record<string, OtlpVariable>>;

/** What they say about the way metrics are sent. */
export interface OtlpSettings {
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
}

/**
 * Checks all of them. `used`: metrics do go out by OTLP; where not, what other programs were told does not matter.
 * Throws ConfigError.
 */
export function readOtlpVariables(env: Environment, used: boolean): OtlpSettings {
  const read = <T>(about: {
    readonly variables: readonly string[];
    readonly format: Format<T>;
  }): T | undefined => {
    const name = about.variables.find((each) => variable(env, each) !== undefined);
    if (!used || name === undefined) return undefined;
    const text = variable(env, name) as string;
    const reading = about.format.read(text);
    if (reading.kind === 'value') return reading.value;
    if (reading.kind === 'unset') return undefined;
    throw refusal(name, name, withoutPassword(text), reading, about.format.accepted);
  };
  const isGrpc = read(OTLP_VARIABLES.protocol) === 'grpc';
  read({ ...OTLP_VARIABLES.endpoint, ...(isGrpc && { format: GRPC_ENDPOINT }) });
  if (isGrpc) read(OTLP_VARIABLES.insecure);
  read(OTLP_VARIABLES.compression);
  return {
    temporality: read(OTLP_VARIABLES.temporality) ?? 'cumulative',
    histogramAggregation: read(OTLP_VARIABLES.histogramAggregation) ?? 'explicit_bucket_histogram',
  };
}

/** A message about a URL ends up in logs. */
function withoutPassword(text: string): string {
  return text.replace(/^([^/]*\/\/)?.*@/, '$1***@');
}
