import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { printable } from '../../text/printable.ts';
import type { EncodingName } from './otlp-encoding.ts';
import { TelemetrySetupError } from './setup-error.ts';

/** The standard `OTEL_EXPORTER_OTLP_*` variables (OpenTelemetry protocol exporter specification). */
export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENDPOINT = 'http://localhost:4318';
const METRICS_PATH = 'v1/metrics';

/** Where OTLP goes: the endpoint for metrics as it stands, or the one for all signals with `v1/metrics` after it. */
export function otlpUrl(environment: Environment): string {
  const own = setting(environment, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT');
  if (own !== undefined) return parsed('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', own).href;
  const shared = setting(environment, 'OTEL_EXPORTER_OTLP_ENDPOINT') ?? DEFAULT_ENDPOINT;
  const url = parsed('OTEL_EXPORTER_OTLP_ENDPOINT', shared);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${METRICS_PATH}`;
  return url.href;
}

function parsed(variable: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TelemetrySetupError(
      `${variable} is "${printable(withoutPassword(value))}", which is no URL that starts with http:// or https://.`,
    );
  }
  return url;
}

/** The bytes that the protocol is made of. */
export function otlpEncoding(environment: Environment): EncodingName {
  const [variable, value] = forMetrics(environment, 'PROTOCOL') ?? [];
  switch (value?.toLowerCase()) {
    case undefined:
    case 'http/json':
      return 'json';
    case 'http/protobuf':
      return 'protobuf';
    default:
      throw new TelemetrySetupError(
        `${variable} is "${printable(value!)}"; it takes http/json or http/protobuf.`,
      );
  }
}

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

/** The files of TLS, read. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Reads the files that the variables for TLS name. Throws TelemetrySetupError where one cannot be read. */
export function readTlsFiles(environment: Environment): TlsFiles {
  const ca = readFileOf(environment, 'CERTIFICATE');
  const cert = readFileOf(environment, 'CLIENT_CERTIFICATE');
  const key = readFileOf(environment, 'CLIENT_KEY');
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function readFileOf(environment: Environment, what: string): Buffer | undefined {
  const [variable, path] = forMetrics(environment, what) ?? [];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new TelemetrySetupError(
      `${variable} is "${printable(path)}", a file that cannot be read (${code}); it takes the path of a PEM file.`,
      { cause },
    );
  }
}

/** The variable for metrics if it is set, or the one for all signals, with its value. */
function forMetrics(environment: Environment, what: string): readonly [string, string] | undefined {
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

function withoutPassword(url: string): string {
  return url.replace(/^([^/]*\/\/)?.*@/, '$1***@');
}
