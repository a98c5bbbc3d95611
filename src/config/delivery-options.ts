import { MILLISECONDS, POSITIVE_DURATION } from './duration.ts';
import { choice, PATH } from './format.ts';
import { type Option, optional, single } from './option.ts';
import { SIZE_OF_MIB } from './size.ts';

/** How exports get to the collector, how long they are tried, and where they wait. */
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
    help: 'Time that one try of one export may take, its answer included.',
  }),
  single({
    name: 'shutdown-timeout',
    metavariable: 'TIME',
    format: POSITIVE_DURATION,
    default: 5,
    group: 'Export',
    help: 'Time that is left for what waits to be exported once the run has ended.',
  }),
  optional({
    name: 'spool-dir',
    metavariable: 'DIR',
    format: PATH,
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'Keep what is not delivered yet in this directory, over restarts too. Made if it is missing; of one unitledger alone.',
  }),
  single({
    name: 'spool-lifetime',
    metavariable: 'WHICH',
    format: choice(['host', 'pod']),
    default: 'host',
    group: 'Export',
    help: 'Lifetime of that directory: host, or pod (an emptyDir). With pod, windows are tried until --shutdown-timeout, then lost.',
  }),
  single({
    name: 'spool-size',
    metavariable: 'SIZE',
    format: SIZE_OF_MIB,
    default: 256 * 1024 * 1024,
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'Room for windows in that directory; beyond it the oldest are dropped.',
  }),
  single({
    name: 'spool-age',
    metavariable: 'TIME',
    format: POSITIVE_DURATION,
    default: 7200,
    defaultText: '2h',
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'How long a window waits to be delivered, in that directory or in memory; then it is dropped.',
  }),
] as const satisfies readonly Option[];
