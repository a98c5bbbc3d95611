import { validateHeaderName, validateHeaderValue } from 'node:http';
import { printable } from '../../text/printable.ts';
import { TelemetrySetupError } from './setup-error.ts';

/** The standard `OTEL_EXPORTER_OTLP_*` variables (OpenTelemetry protocol exporter specification). */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether requests are made smaller. */
export function otlpCompression(environment: Environment): 'none' | 'gzip' {
  const [variable, value] = forMetrics(environment, 'COMPRESSION') ?? [];
  const compression = value?.toLowerCase() ?? 'none';
  if (compression === 'none' || compression === 'gzip') return compression;
  throw new TelemetrySetupError(`${variable} is "${printable(value!)}"; it takes none or gzip.`);
}

/** The headers of every request: those for all signals, and those for metrics, which go before them. */
export function otlpHeaders(environment: Environment): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const variable of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_METRICS_HEADERS']) {
    for (const pair of (setting(environment, variable) ?? '').split(',')) {
      if (pair.trim() !== '') Object.assign(headers, headerOf(pair, variable));
    }
  }
  return headers;
}

/** `name=value`, percent-encoded (W3C Baggage, without its properties). What is in it may be a secret. */
function headerOf(pair: string, variable: string): Record<string, string> {
  const at = pair.indexOf('=');
  try {
    const name = decodeURIComponent(pair.slice(0, Math.max(at, 0)).trim()).toLowerCase();
    const value = decodeURIComponent(pair.slice(at + 1).trim());
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return { [name]: value };
  } catch (cause) {
    throw new TelemetrySetupError(
      `${variable} cannot be understood: it takes name=value pairs, separated by commas, percent-encoded.`,
      { cause },
    );
  }
}

/** The variable for metrics if it is set, or the one for all signals, with its value. */
export function forMetrics(environment: Environment, what: string): readonly [string, string] | undefined {
  for (const variable of [`OTEL_EXPORTER_OTLP_METRICS_${what}`, `OTEL_EXPORTER_OTLP_${what}`]) {
    const value = setting(environment, variable);
    if (value !== undefined) return [variable, value];
  }
  return undefined;
}

/** An empty variable counts as not set (OpenTelemetry environment variable specification). */
function setting(environment: Environment, variable: string): string | undefined {
  const value = environment[variable]?.trim();
  return value === '' ? undefined : value;
}
