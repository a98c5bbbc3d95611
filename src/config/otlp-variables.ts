import {
  HISTOGRAM_AGGREGATIONS,
  type HistogramAggregation,
  TEMPORALITIES,
  type Temporality,
} from '../telemetry/choices.ts';
import { withoutPassword } from '../text/scrub/secret-urls.ts';
import { shown } from './config-error.ts';
import { type Environment, variable } from './environment.ts';
import { choice, type Format, textFormat } from './format.ts';
import { ignored } from './given.ts';

/** A supported standard variable that corresponds to no option. */
export interface OtlpVariable<Value = string> {
  /** The variable for metrics, then the general one; the first that is set counts. */
  readonly variables: readonly string[];
  /** The variable for traces, used instead of the one for metrics; undefined if there is none. */
  readonly tracesVariable?: string;
  readonly help: string;
  /** Format for the check at startup; undefined: only the exporter reads it. */
  readonly format: Format<Value> | undefined;
  /** What the exporter accepts, for a variable without a format. */
  readonly accepted?: string;
}

const PEM_FILE = 'the path of a PEM file';
const PROTOCOL = choice(['http/protobuf', 'http/json', 'grpc']);
const TEMPORALITY: Format<Temporality> = choice(TEMPORALITIES);
const HISTOGRAM_AGGREGATION: Format<HistogramAggregation> = choice(HISTOGRAM_AGGREGATIONS);

const ENDPOINT = textFormat(
  'an http:// or https:// URL, such as http://localhost:4318, or unix:// and the path of a socket',
  (given) => (isUrl(given) ? given : null),
);

const GRPC_ENDPOINT = textFormat(
  'an http:// or https:// URL, such as http://localhost:4317, HOST:PORT, or unix:// and the path of a socket',
  (given) => {
    const isAddress = /^[^/@?#]+:[0-9]+$/.test(given) && URL.canParse(`http://${given}`);
    return isAddress || isUrl(given) ? given : null;
  },
);

function isUrl(text: string): boolean {
  return (/^https?:\/\//i.test(text) && URL.canParse(text)) || /^unix:(?:\/\/)?\/[^/\0][^\0]*$/i.test(text);
}

function forSignals(name: string): Required<Pick<OtlpVariable, 'variables' | 'tracesVariable'>> {
  return {
    variables: [`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`],
    tracesVariable: `OTEL_EXPORTER_OTLP_TRACES_${name}`,
  };
}

/** The OTLP variables of the specification, except those that correspond to an option (`Option.standard`). */
export const OTLP_VARIABLES = {
  endpoint: {
    ...forSignals('ENDPOINT'),
    help: 'Collector endpoint. The variable of a signal is used unchanged; `/v1/metrics` or `/v1/traces` is appended to the general one. With `grpc`, a path is ignored, and HOST:PORT is accepted as well.',
    format: ENDPOINT,
  },
  protocol: {
    ...forSignals('PROTOCOL'),
    help: '`http/protobuf` (default), `http/json` or `grpc`.',
    format: PROTOCOL,
  },
  insecure: {
    ...forSignals('INSECURE'),
    help: 'Disable TLS for a `grpc` endpoint of the form HOST:PORT (not a URL). Default: `false`.',
    format: choice(['true', 'false']),
  },
  headers: {
    ...forSignals('HEADERS'),
    help: 'Headers of every request. Headers of the general variable are sent in addition to those of a signal.',
    format: undefined,
    accepted: '`name=value` pairs, percent-encoded, separated by commas',
  },
  compression: {
    ...forSignals('COMPRESSION'),
    help: '`gzip` or `none`.',
    format: choice(['none', 'gzip']),
  },
  certificate: {
    ...forSignals('CERTIFICATE'),
    help: 'File with CA certificates to verify the collector. This file and the next two are reread when they change.',
    format: undefined,
    accepted: PEM_FILE,
  },
  clientCertificate: {
    ...forSignals('CLIENT_CERTIFICATE'),
    help: 'File with the client certificate.',
    format: undefined,
    accepted: PEM_FILE,
  },
  clientKey: {
    ...forSignals('CLIENT_KEY'),
    help: 'File with the key of the client certificate.',
    format: undefined,
    accepted: PEM_FILE,
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

type SignalVariable = Required<Pick<OtlpVariable, 'variables' | 'tracesVariable'>>;

/** Settings of OTLP export from these variables. */
export interface OtlpSettings {
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
  /** Variables of the exporter and its proxy, without ignored ones. */
  readonly otlpEnvironment: Environment;
}

/** The exporter needs no other variables, and they may contain secrets. */
const OF_EXPORTER = /^(?:OTEL_EXPORTER_OTLP_.*|HTTPS?_PROXY|https?_proxy|NO_PROXY|no_proxy)$/;

/** Files that configure whole SDKs (OpenTelemetry declarative configuration). */
const CONFIG_FILE_VARIABLES = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'] as const;

/** Signals that are sent by OTLP: variables of others are ignored. */
interface UsedSignals {
  readonly metrics: boolean;
  readonly traces: boolean;
}

/** Signals that a run with these exporters sends by OTLP. */
export function usedSignals(
  exporters: readonly string[],
  traces: { readonly exporters: readonly string[] } | undefined,
): UsedSignals {
  return { metrics: exporters.includes('otlp'), traces: traces?.exporters.includes('otlp') === true };
}

/**
 * Checks all variables. Other programs share them, so an invalid one is ignored with a warning; the next one of its
 * kind, or the default, is used.
 */
export function readOtlpVariables(env: Environment, used: UsedSignals, warnings: string[]): OtlpSettings {
  for (const name of CONFIG_FILE_VARIABLES) {
    const file = variable(env, name);
    if (file === undefined) continue;
    warnings.push(
      `ignoring ${name}="${shown(file)}": configuration files of OpenTelemetry SDKs are not supported; OTEL_EXPORTER_OTLP_* variables are`,
    );
  }
  const otlpEnvironment = Object.fromEntries(Object.entries(env).filter(([name]) => OF_EXPORTER.test(name)));
  const read = <T>(names: readonly string[], format: Format<T>): T | undefined => {
    for (const name of names) {
      const text = variable(otlpEnvironment, name);
      if (text === undefined) continue;
      const reading = format.read(text);
      if (reading.kind === 'value') return reading.value;
      if (reading.kind === 'unset') return undefined;
      warnings.push(ignored(name, withoutPassword(text), reading));
      delete otlpEnvironment[name];
    }
    return undefined;
  };
  const { protocol, endpoint, insecure, compression, temporality, histogramAggregation } = OTLP_VARIABLES;
  const readDestination = (namesOf: (about: SignalVariable) => readonly string[], endpoints: number) => {
    const isGrpc = read(namesOf(protocol), PROTOCOL) === 'grpc';
    read(namesOf(endpoint).slice(0, endpoints), isGrpc ? GRPC_ENDPOINT : ENDPOINT);
    if (isGrpc) read(namesOf(insecure), insecure.format);
    read(namesOf(compression), compression.format);
  };
  if (used.metrics) readDestination(({ variables }) => variables, 2);
  // The general endpoint may fit the protocol of metrics but not that of traces.
  if (used.traces) readDestination(tracesVariables, used.metrics ? 1 : 2);
  const ofMetrics = <T>(about: { readonly variables: readonly string[]; readonly format: Format<T> }) =>
    used.metrics ? read(about.variables, about.format) : undefined;
  return {
    temporality: ofMetrics(temporality) ?? 'cumulative',
    histogramAggregation: ofMetrics(histogramAggregation) ?? 'explicit_bucket_histogram',
    otlpEnvironment,
  };
}

/** All variables of one kind: for metrics, for traces, general. */
export function variablesOfSignals({ variables, tracesVariable }: OtlpVariable<unknown>): readonly string[] {
  return tracesVariable === undefined ? variables : variables.toSpliced(1, 0, tracesVariable);
}

/** The variable for traces, then the general one. */
function tracesVariables({ tracesVariable, variables }: SignalVariable): readonly string[] {
  return [tracesVariable, ...variables.slice(-1)];
}
