import { printable } from '../../text/printable.ts';
import { withoutPassword } from '../../text/scrub/secret-urls.ts';
import type { EncodingName } from './otlp-encoding.ts';
import { type Environment, forSignal } from './otlp-environment.ts';
import { TelemetrySetupError } from './setup-error.ts';
import { SIGNALS, type SignalName } from './signal.ts';

export type OtlpProtocol = 'http/json' | 'http/protobuf' | 'grpc';

/** Endpoint and protocol of OTLP (OpenTelemetry protocol exporter specification). */
export interface Destination {
  readonly protocol: OtlpProtocol;
  readonly isSecure: boolean;
  /** For gRPC, the path is ignored; with a socket, the host is ignored. */
  readonly url: URL;
  /** A Unix socket instead of the URL's host; null for none. */
  readonly socketPath: string | null;
  /** Text for logs, without credentials. */
  readonly target: string;
  /** No variable names an endpoint. */
  readonly isDefault: boolean;
}

const PROTOCOLS: readonly string[] = ['http/json', 'http/protobuf', 'grpc'] satisfies readonly OtlpProtocol[];
const UNIX = /^unix:(?:\/\/)?(\/[^/\0][^\0]*)$/i;

/** The destination of a signal. Throws TelemetrySetupError for unusable variables. */
export function otlpDestination(environment: Environment, signal: SignalName = 'metrics'): Destination {
  const protocol = protocolOf(environment, signal);
  const { httpPath } = SIGNALS[signal];
  const named = forSignal(environment, signal, 'ENDPOINT');
  const isDefault = named === undefined;
  const [variable, value] = named ?? [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318',
  ];
  const socketPath = UNIX.exec(value)?.[1] ?? null;
  if (socketPath !== null) {
    const url = new URL(`http://localhost${httpPath}`);
    const target = `unix://${printable(socketPath)}`;
    return { protocol, isSecure: false, url, socketPath, target, isDefault };
  }
  const url = protocol === 'grpc' ? grpcUrl(variable, value, environment, signal) : httpUrl(variable, value);
  // The path of a signal is appended to the variable for all signals.
  if (protocol !== 'grpc' && variable === 'OTEL_EXPORTER_OTLP_ENDPOINT') {
    url.pathname = `${url.pathname.replace(/\/$/, '')}${httpPath}`;
  }
  const isSecure = url.protocol === 'https:';
  return { protocol, isSecure, url, socketPath, target: targetOf(protocol, url), isDefault };
}

export function encodingOf(protocol: OtlpProtocol): EncodingName {
  return protocol === 'http/json' ? 'json' : 'protobuf';
}

function protocolOf(environment: Environment, signal: SignalName): OtlpProtocol {
  const [variable, value] = forSignal(environment, signal, 'PROTOCOL') ?? [];
  const protocol = value?.toLowerCase() ?? 'http/protobuf';
  if (PROTOCOLS.includes(protocol)) return protocol as OtlpProtocol;
  throw new TelemetrySetupError(
    `${variable} is "${printable(value!)}"; it takes http/json, http/protobuf or grpc.`,
  );
}

function httpUrl(variable: string, value: string): URL {
  return urlOf(value) ?? refuse(variable, value, 'no URL that starts with http://, https:// or unix://');
}

/** A URL, or `HOST:PORT`, which is secure unless `OTEL_EXPORTER_OTLP_INSECURE` is true. */
function grpcUrl(variable: string, value: string, environment: Environment, signal: SignalName): URL {
  const [, insecure] = forSignal(environment, signal, 'INSECURE') ?? [];
  const scheme = insecure?.toLowerCase() === 'true' ? 'http' : 'https';
  const url = /^[^/@?#]+:[0-9]+$/.test(value) ? urlOf(`${scheme}://${value}`) : urlOf(value);
  return (
    url ??
    refuse(variable, value, 'neither a URL that starts with http://, https:// or unix:// nor HOST:PORT')
  );
}

function urlOf(value: string): URL | null {
  return /^https?:\/\//i.test(value) ? URL.parse(value) : null;
}

function refuse(variable: string, value: string, expected: string): never {
  throw new TelemetrySetupError(
    `${variable} is "${printable(withoutPassword(value))}", which is ${expected}.`,
  );
}

function targetOf(protocol: OtlpProtocol, url: URL): string {
  if (protocol === 'grpc') return `${url.protocol === 'https:' ? 'grpcs' : 'grpc'}://${grpcAddress(url)}`;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}

/** Host and port; the port of the scheme if the URL has none. */
export function grpcAddress({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;
}
