import { readFileSync } from 'node:fs';
import { printable } from '../../text/printable.ts';
import { TelemetrySetupError } from './setup-error.ts';

/**
 * The standard `OTEL_EXPORTER_OTLP_*` variables (OpenTelemetry protocol exporter specification) for where to send
 * and for TLS: the exporter would go on without what it cannot use. Headers and compression are the exporter's to read.
 */
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
  for (const variable of [`OTEL_EXPORTER_OTLP_METRICS_${what}`, `OTEL_EXPORTER_OTLP_${what}`]) {
    const path = setting(environment, variable);
    if (path === undefined) continue;
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
