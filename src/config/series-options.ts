import { OPTIONAL_METRICS, PROCESS_ATTRIBUTES, USUAL_ATTRIBUTES } from '../telemetry/choices.ts';
import { choice, textFormat, wholeNumber } from './format.ts';
import { type Option, optional, several, single } from './option.ts';

/** `sethostname(2)` accepts 64 bytes, DNS and Kubernetes 253. */
const HOST_NAME = textFormat('a host name: letters, digits, dots, dashes, underscores', (name) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name) ? name : null,
);

/** Options of metric series and their attributes. */
export const SERIES_OPTIONS = [
  single({
    name: 'process-series',
    metavariable: 'N',
    format: wholeNumber(0, 100_000),
    default: 20,
    group: 'Metric series',
    commands: ['track', 'replay'],
    help: 'Processes per unit with metric series of their own, heaviest first; all other processes share one series named other. 0: none.',
  }),
  single({
    name: 'series-budget',
    metavariable: 'N',
    format: wholeNumber(200, 10_000_000),
    default: 20_000,
    group: 'Metric series',
    help: 'Limit on all metric series. Beyond it, processes, executable names, devices and units of patterns share series named other.',
  }),
  several({
    name: 'metrics',
    many: 'listed',
    metavariable: 'LIST',
    format: choice([...OPTIONAL_METRICS, 'none']),
    default: ['none'],
    group: 'Metric series',
    commands: ['track', 'replay'],
    help: 'Turn on metrics that are off by default (docs/metrics.md), comma-separated, or none. For metrics of --process-details, use that option.',
  }),
  several({
    name: 'process-attributes',
    many: 'listed',
    metavariable: 'LIST',
    format: choice([...PROCESS_ATTRIBUTES, 'none']),
    default: [...USUAL_ATTRIBUTES],
    group: 'Metric series',
    help: 'Attributes of process series besides PID, start time and name: cgroup, container, command-line, parent, comma-separated, or none.',
  }),
  optional({
    name: 'host-name',
    metavariable: 'NAME',
    format: HOST_NAME,
    group: 'Metric series',
    help: "Value of host.name and service.instance.id in all metrics. Unset: the kernel's host name; in a pod, the name of the pod.",
  }),
] as const satisfies readonly Option[];
