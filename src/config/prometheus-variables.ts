import type { ListenAddress } from './config.ts';
import { type Environment, variable } from './environment.ts';
import { type Format, wholeNumber } from './format.ts';
import { ignored } from './given.ts';
import { HIGHEST_PORT, isHost, listenAddressOf } from './listen-address.ts';
import type { OtlpVariable } from './otlp-variables.ts';

const HOST: Format<string> = {
  accepted: 'a host name or an IP address',
  holds: 'string',
  fileTypes: [],
  read(text) {
    const host = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
    return isHost(host) ? { kind: 'value', value: host } : { kind: 'must', must: this.accepted };
  },
  write: String,
};
const PORT: Format<number> = wholeNumber(0, HIGHEST_PORT);

/** Where the Prometheus exporter listens (OpenTelemetry environment variable specification), unless `--listen` says. */
export const PROMETHEUS_VARIABLES = {
  host: {
    variables: ['OTEL_EXPORTER_PROMETHEUS_HOST'],
    help: 'Where `/metrics` is served with `--export prometheus` and without `--listen`: `localhost` if not set.',
    format: HOST,
  },
  port: {
    variables: ['OTEL_EXPORTER_PROMETHEUS_PORT'],
    help: 'Its port: 9464 if not set.',
    format: PORT,
  },
} as const satisfies Readonly<Record<string, OtlpVariable<unknown>>>;

/** Where they say that Prometheus scrapes. One that cannot be used is ignored with a warning. */
export function prometheusAddress(env: Environment, warnings: string[]): ListenAddress {
  const read = <T>(name: string, format: Format<T>, fallback: T): T => {
    const text = variable(env, name);
    if (text === undefined) return fallback;
    const reading = format.read(text);
    if (reading.kind === 'value') return reading.value;
    if (reading.kind !== 'unset') warnings.push(ignored(name, text, reading));
    return fallback;
  };
  const { host, port } = PROMETHEUS_VARIABLES;
  const address = `${read(host.variables[0], host.format, 'localhost')}:${read(port.variables[0], port.format, 9464)}`;
  return listenAddressOf(address, `${host.variables[0]} and ${port.variables[0]}`);
}
