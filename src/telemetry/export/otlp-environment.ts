import { validateHeaderName, validateHeaderValue } from 'node:http';
import { printable } from '../../text/printable.ts';
import { TelemetrySetupError } from './setup-error.ts';
import { SIGNALS, type SignalName } from './signal.ts';

/** The standard `OTEL_EXPORTER_OTLP_*` variables (OpenTelemetry protocol exporter specification). */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Compression = 'none' | 'gzip';

/** Whether requests of a signal are compressed. */
export function otlpCompression(environment: Environment, signal: SignalName = 'metrics'): Compression {
  const [variable, value] = forSignal(environment, signal, 'COMPRESSION') ?? [];
  const compression = value?.toLowerCase() ?? 'none';
  if (compression === 'none' || compression === 'gzip') return compression;
  throw new TelemetrySetupError(`${variable} is "${printable(value!)}"; it takes none or gzip.`);
}

/**
 * The headers of every request: those for all signals, and those for this one, which override them. An invalid pair
 * is left out; `warn` gets a sentence that does not repeat it, because it may contain a secret.
 */
export function otlpHeaders(
  environment: Environment,
  warn: (sentence: string) => void,
  signal: SignalName = 'metrics',
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const variable of variablesFor(signal, 'HEADERS').toReversed()) {
    const pairs = (setting(environment, variable) ?? '').split(',').filter((pair) => pair.trim() !== '');
    const read = pairs.map(headerOf);
    Object.assign(headers, ...read.filter((header) => typeof header === 'object'));
    for (const fault of HEADER_FAULTS) {
      const bad = read.flatMap((header, index) => (header === fault ? [index + 1] : []));
      if (bad.length === 0) continue;
      warn(`ignoring ${bad.length === 1 ? 'pair' : 'pairs'} ${bad.join(', ')} of ${variable}: ${fault}`);
    }
  }
  return headers;
}

const NO_PAIR = 'must be name=value pairs, separated by commas, percent-encoded';
const SET_BY_OTLP = 'OTLP itself sets such headers';
const HEADER_FAULTS = [NO_PAIR, SET_BY_OTLP] as const;

const OF_THE_PROTOCOL = /^(?:content-.*|transfer-encoding|connection|host|te|trailer|upgrade|grpc-.*|:.*)$/;

/** Whether a header, in lower case, is one of the protocol itself: with another value, no request would be understood. */
export function isOfProtocol(name: string): boolean {
  return OF_THE_PROTOCOL.test(name);
}

/** `name=value`, percent-encoded (W3C Baggage, without its properties), or what is wrong with it. */
function headerOf(pair: string): Record<string, string> | (typeof HEADER_FAULTS)[number] {
  const at = pair.indexOf('=');
  try {
    const name = decodeURIComponent(pair.slice(0, Math.max(at, 0)).trim()).toLowerCase();
    const value = decodeURIComponent(pair.slice(at + 1).trim());
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return isOfProtocol(name) ? SET_BY_OTLP : { [name]: value };
  } catch {
    return NO_PAIR;
  }
}

/** The variable for a signal if it is set, or the one for all signals, with its value. */
export function forSignal(
  environment: Environment,
  signal: SignalName,
  what: string,
): readonly [string, string] | undefined {
  for (const variable of variablesFor(signal, what)) {
    const value = setting(environment, variable);
    if (value !== undefined) return [variable, value];
  }
  return undefined;
}

/** The variable for a signal, then the one for all signals. */
function variablesFor(signal: SignalName, what: string): readonly string[] {
  return [`OTEL_EXPORTER_OTLP_${SIGNALS[signal].inVariables}_${what}`, `OTEL_EXPORTER_OTLP_${what}`];
}

/** An empty variable counts as not set (OpenTelemetry environment variable specification). */
export function setting(environment: Environment, variable: string): string | undefined {
  const value = environment[variable]?.trim();
  return value === '' ? undefined : value;
}
