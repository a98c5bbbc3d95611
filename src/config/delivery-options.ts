import { MILLISECONDS, POSITIVE_DURATION } from './duration.ts';
import { choice, PATH, SWITCH, wholeNumber } from './format.ts';
import { type Option, optional, single } from './option.ts';
import { SIZE_OF_MIB } from './size.ts';

/** Options of export transport, retries and buffering. */
export const DELIVERY_OPTIONS = [
  single({
    name: 'otlp-proxy',
    metavariable: 'WHICH',
    format: choice(['environment', 'none']),
    default: 'environment',
    group: 'Export',
    commands: ['track', 'doctor', 'replay'],
    help: 'Proxy for OTLP: environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) or none. Loopback endpoints never use one.',
  }),
  single({
    name: 'export-timeout',
    metavariable: 'TIME',
    format: POSITIVE_DURATION,
    default: 10,
    standard: [
      { variable: 'OTEL_METRIC_EXPORT_TIMEOUT', format: MILLISECONDS },
      { variable: 'OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', format: MILLISECONDS },
      { variable: 'OTEL_EXPORTER_OTLP_TIMEOUT', format: MILLISECONDS },
    ],
    group: 'Export',
    commands: ['track', 'doctor', 'replay'],
    help: 'Timeout of one export attempt, from the request to the end of the answer.',
  }),
  single({
    name: 'shutdown-timeout',
    metavariable: 'TIME',
    format: POSITIVE_DURATION,
    default: 5,
    group: 'Export',
    help: 'Time to deliver buffered export windows at the end of a run.',
  }),
  optional({
    name: 'spool-dir',
    metavariable: 'DIR',
    format: PATH,
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'Keep undelivered export windows in this directory, across restarts. Created if missing. Must not be shared by two instances.',
  }),
  single({
    name: 'spool-lifetime',
    metavariable: 'WHICH',
    format: choice(['host', 'pod']),
    default: 'host',
    group: 'Export',
    help: 'Lifetime of the spool directory: host, or pod (an emptyDir). With pod, windows left at the end of a run are reported as lost.',
  }),
  single({
    name: 'spool-size',
    metavariable: 'SIZE',
    format: SIZE_OF_MIB,
    default: 256 * 1024 * 1024,
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'Size limit of the spool directory. When exceeded, the oldest export windows are dropped.',
  }),
  single({
    name: 'spool-age',
    metavariable: 'TIME',
    format: POSITIVE_DURATION,
    default: 7200,
    defaultText: '2h',
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'Maximum age of buffered export windows, in the spool or in memory; older windows are dropped.',
  }),
] as const satisfies readonly Option[];

/** Options of traces. */
export const TRACES_OPTIONS = [
  single({
    name: 'traces',
    brief: 'Send every process as a span, over OTLP',
    format: SWITCH,
    default: false,
    group: 'Export',
    commands: ['track', 'doctor', 'replay'],
    help: 'Send every process as a span of a trace over OTLP (docs/traces.md).',
  }),
  single({
    name: 'trace-spans',
    metavariable: 'N',
    format: wholeNumber(10, 1_000_000),
    default: 10_000,
    group: 'Export',
    commands: ['track', 'doctor', 'replay'],
    help: 'Limit of spans per minute; for a COMMAND, of spans in total. Beyond the limit, siblings of one name share a span.',
  }),
] as const satisfies readonly Option[];
