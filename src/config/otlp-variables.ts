import {
  HISTOGRAM_AGGREGATIONS,
  type HistogramAggregation,
  TEMPORALITIES,
  type Temporality,
} from './config.ts';
import { shown } from './config-error.ts';
import { type Environment, variable } from './environment.ts';
import { choice, type Format } from './format.ts';
import { ignored } from './given.ts';

/** A standard variable that is honoured and stands for no option. */
export interface OtlpVariable<Value = string> {
  /** The one for metrics, then the one for all signals: the first that is set counts. */
  readonly variables: readonly string[];
  readonly help: string;
  /** Checked at start by this; undefined: the exporter reads it and judges for itself. */
  readonly format: Format<Value> | undefined;
}

const PROTOCOL = choice(['http/protobuf', 'http/json', 'grpc']);
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
    help: '`http/protobuf` (default), `http/json` or `grpc`.',
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
  /** The variables of the exporter and its proxy, without those that were ignored. */
  readonly otlpEnvironment: Environment;
}

/** The rest of the environment is none of the exporter's business, and may hold secrets. */
const OF_EXPORTER = /^(?:OTEL_EXPORTER_OTLP_.*|HTTPS?_PROXY|https?_proxy|NO_PROXY|no_proxy)$/;

/** Files that configure whole SDKs (OpenTelemetry declarative configuration). */
const CONFIG_FILE_VARIABLES = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'] as const;

/**
 * Checks all of them. `used`: metrics go out by OTLP; if not, the variables do not matter. Other programs share these
 * variables, so one that cannot be used is ignored with a warning: the next one of its kind counts, or the default.
 */
export function readOtlpVariables(env: Environment, used: boolean, warnings: string[]): OtlpSettings {
  for (const name of CONFIG_FILE_VARIABLES) {
    const file = variable(env, name);
    if (file === undefined) continue;
    warnings.push(
      `ignoring ${name}="${shown(file)}": configuration files of OpenTelemetry SDKs are not supported; OTEL_EXPORTER_OTLP_* variables are`,
    );
  }
  const otlpEnvironment = Object.fromEntries(Object.entries(env).filter(([name]) => OF_EXPORTER.test(name)));
  const read = <T>(about: {
    readonly variables: readonly string[];
    readonly format: Format<T>;
  }): T | undefined => {
    if (!used) return undefined;
    for (const name of about.variables) {
      const text = variable(env, name);
      if (text === undefined) continue;
      const reading = about.format.read(text);
      if (reading.kind === 'value') return reading.value;
      if (reading.kind === 'unset') return undefined;
      warnings.push(ignored(name, withoutPassword(text), reading));
      delete otlpEnvironment[name];
    }
    return undefined;
  };
  const isGrpc = read(OTLP_VARIABLES.protocol) === 'grpc';
  read({ ...OTLP_VARIABLES.endpoint, ...(isGrpc && { format: GRPC_ENDPOINT }) });
  if (isGrpc) read(OTLP_VARIABLES.insecure);
  read(OTLP_VARIABLES.compression);
  return {
    temporality: read(OTLP_VARIABLES.temporality) ?? 'cumulative',
    histogramAggregation: read(OTLP_VARIABLES.histogramAggregation) ?? 'explicit_bucket_histogram',
    otlpEnvironment,
  };
}

/** A message about a URL ends up in logs. */
function withoutPassword(text: string): string {
  return text.replace(/^([^/]*\/\/)?.*@/, '$1***@');
}
