import { OPTIONAL_METRICS, PROCESS_ATTRIBUTES } from '../telemetry/choices.ts';
import { choice, type Format, wholeNumber } from './format.ts';
import { type Option, optional, several, single } from './option.ts';

/** `sethostname(2)` takes 64 bytes, DNS and Kubernetes 253. */
const HOST_NAME: Format<string> = {
  accepted: 'a host name: letters, digits, dots, dashes, underscores',
  holds: 'string',
  fileTypes: ['string'],
  read(text) {
    return /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(text)
      ? { kind: 'value', value: text }
      : { kind: 'must', must: this.accepted };
  },
  write: String,
};

/** What has metric series of its own, and what they say. */
export const SERIES_OPTIONS = [
  single({
    name: 'process-series',
    metavariable: 'N',
    format: wholeNumber(0, 100_000),
    default: 20,
    group: 'Metric series',
    commands: ['track', 'replay'],
    help: 'Processes of each unit that have metric series of their own: those that use most; the others have one, named other. 0: no series of processes.',
  }),
  single({
    name: 'series-budget',
    metavariable: 'N',
    format: wholeNumber(200, 10_000_000),
    default: 20_000,
    group: 'Metric series',
    help: 'Metric series of the whole program, at most. Beyond it processes, executable names, devices and units of patterns are folded into others.',
  }),
  several({
    name: 'metrics',
    many: 'listed',
    metavariable: 'LIST',
    format: choice([...OPTIONAL_METRICS, 'none']),
    default: ['none'],
    group: 'Metric series',
    commands: ['track', 'replay'],
    help: 'Metrics that are off by default and wanted, by their names, several with a comma between them, or none: what the table of metrics calls off by default, but for what --process-details turns on.',
  }),
  several({
    name: 'process-attributes',
    many: 'listed',
    metavariable: 'LIST',
    format: choice([...PROCESS_ATTRIBUTES, 'none']),
    default: ['cgroup', 'container', 'command-line'],
    group: 'Metric series',
    help: 'What the points of a process say beside its PID, start and name: cgroup (below its unit), container (container.id, k8s.pod.uid), command-line (with --show-cmdline), parent (its parent when the series began), several with a comma between them, or none.',
  }),
  optional({
    name: 'host-name',
    metavariable: 'NAME',
    format: HOST_NAME,
    group: 'Metric series',
    help: "host.name and service.instance.id of all metrics. The kernel's name of this host if not given: in a pod, the pod's.",
  }),
] as const satisfies readonly Option[];
