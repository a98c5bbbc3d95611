import {
  EXIT_RECORDS_MODES,
  EXTRA_DETAILS,
  type ExitRecordsMode,
  FREE_DETAILS,
  PROCESS_DETAILS,
  PROCESS_NAMES,
} from '../sampling/choices.ts';
import { COMPARE_OPTIONS } from './compare-options.ts';
import { DELIVERY_OPTIONS, TRACES_OPTIONS } from './delivery-options.ts';
import { DURATION_OR_ZERO, MILLISECONDS, POSITIVE_DURATION } from './duration.ts';
import {
  choice,
  type Format,
  inRange,
  numberFormat,
  PATH,
  SWITCH,
  textFormat,
  wholeNumber,
} from './format.ts';
import { FINDINGS_OPTIONS, GENERAL_OPTIONS } from './general-options.ts';
import { ALLOWED_HOST, LISTEN_ADDRESS } from './listen-address.ts';
import { holdsValue, type Option, optional, several, single, type ValueOption } from './option.ts';
import {
  FILE_OPTIONS,
  RECORDING_OPTIONS,
  REPLAY_OPTIONS,
  REPORT_OPTIONS,
  SUMMARY_OPTIONS,
} from './run-options.ts';
import { SERIES_OPTIONS } from './series-options.ts';
import { EXPORTER, PERCENT_OF_CORE, SDK_DISABLED, STANDARD_EXPORTER } from './standard-formats.ts';
import { SERVICE_NAME, UNIT_NAME } from './unit-name.ts';

const LEAST = -20;

const MOST = 19;

const INTEGER = /^[+-]?[0-9]{1,2}$/;

/** A nice value (sched(7)): from -20, the highest priority, to 19. */
export const NICE: Format<number> = {
  ...numberFormat(`a whole number from ${LEAST} to ${MOST}`, (given) =>
    INTEGER.test(given) ? inRange(Number(given), LEAST, MOST) : Number.NaN,
  ),
  schema: { pattern: INTEGER.source, minimum: LEAST, maximum: MOST },
};

const UID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/;

/** The uid of a Kubernetes pod: a UUID, or 32 digits for a static pod. */
const POD_UID = textFormat("a pod's metadata.uid, such as 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0", (given) => {
  const uid = given.toLowerCase();
  return UID.test(uid) ? uid : null;
});

/** A cgroup directory below the cgroup root: absolute, no `.` or `..`; trailing and double slashes are removed. */
const CGROUP_PATH = textFormat(
  'an absolute path below the cgroup root without . or .., such as /system.slice/nginx.service',
  (path) => {
    const parts = path.split('/').filter((part) => part !== '');
    if (!path.startsWith('/') || path.includes('\0') || parts.includes('..') || parts.includes('.'))
      return null;
    return `/${parts.join('/')}`;
  },
);

/**
 * `true` and `false` are `on` and `off`: the option was a switch in earlier versions, and YAML 1.1, which Helm reads,
 * converts `on` and `off` to booleans.
 */
const EXIT_RECORDS_MODE: Format<ExitRecordsMode> = {
  ...choice(EXIT_RECORDS_MODES, { synonyms: { true: 'on', 1: 'on', false: 'off', 0: 'off' } }),
  fileTypes: ['string', 'boolean'],
  schema: { enum: [...EXIT_RECORDS_MODES, true, false] },
};

/** `PID_MAX_LIMIT` of a 64-bit kernel (proc_sys_kernel(5)). */
const HIGHEST_PID = 4_194_304;

/**
 * The only list of options: the command line, the environment, the configuration file, `--help` and the tables of the
 * documentation are derived from it.
 */
export const OPTIONS = [
  several({
    name: 'service',
    brief: "A systemd unit, or a pattern such as 'web@*'",
    aliases: { unit: UNIT_NAME },
    many: 'repeated',
    metavariable: 'NAME',
    format: SERVICE_NAME,
    group: 'What to track',
    commands: ['track', 'doctor'],
    help:
      'A systemd unit (nginx is nginx.service), or a pattern of services (web@*). It may ' +
      'start later. Patterns of --unit match units of any type.',
  }),
  several({
    name: 'cgroup',
    brief: 'A cgroup and all below it',
    many: 'repeated',
    metavariable: 'PATH',
    format: CGROUP_PATH,
    group: 'What to track',
    commands: ['track', 'doctor'],
    help: 'A cgroup and all below it, by its path below the cgroup root: /system.slice/nginx.service.',
  }),
  several({
    name: 'pid',
    brief: 'A process and its descendants',
    many: 'repeated',
    metavariable: 'PID',
    format: wholeNumber(1, HIGHEST_PID),
    group: 'What to track',
    commands: ['track', 'doctor'],
    help: 'A process and its descendants, until all of them have exited (zombies count as exited).',
  }),
  several({
    name: 'pod-uid',
    many: 'repeated',
    metavariable: 'UID',
    format: POD_UID,
    group: 'What to track',
    commands: ['track', 'doctor'],
    help: 'A Kubernetes pod on this node with all its containers, by its metadata.uid.',
  }),
  single({
    name: 'interval',
    brief: 'Time between two samples (0.5s)',
    metavariable: 'TIME',
    format: POSITIVE_DURATION,
    default: 0.5,
    group: 'Sampling',
    help: 'Time between two samples.',
  }),
  optional({
    name: 'cpu-budget',
    metavariable: 'PERCENT',
    format: PERCENT_OF_CORE,
    group: 'Sampling',
    help: 'CPU that unitledger itself may use, in percent of one core. When exceeded, unitledger lengthens the sampling interval and logs it.',
  }),
  optional({
    name: 'nice',
    metavariable: 'N',
    format: NICE,
    group: 'Sampling',
    help: 'Nice value of the sampling thread, from -20 to 19. Unset: -10 if CAP_SYS_NICE allows it and unitledger was started at nice 0.',
  }),
  single({
    name: 'duration',
    brief: 'End after this time; 0: on Ctrl-C or when COMMAND ends',
    metavariable: 'TIME',
    format: DURATION_OR_ZERO,
    default: 0,
    group: 'Sampling',
    help: 'Time from the first sample to the last. 0: until Ctrl-C or the exit of COMMAND. If set, processes that outlive COMMAND are tracked.',
  }),
  single({
    name: 'show-cmdline',
    brief: 'Show command lines; they may hold secrets',
    format: SWITCH,
    default: false,
    group: 'Sampling',
    help: 'Show the command lines of processes. They may hold secrets.',
  }),
  several({
    name: 'process-details',
    many: 'listed',
    metavariable: 'LIST',
    format: choice([...PROCESS_DETAILS, 'none']),
    default: ['none'],
    group: 'Sampling',
    help: `More data of each process, comma-separated: ${FREE_DETAILS.join(', ')} (these cost nothing), ${EXTRA_DETAILS.join(', ')}; or none.`,
  }),
  single({
    name: 'process-names',
    metavariable: 'NAME',
    format: choice(PROCESS_NAMES),
    default: 'comm',
    group: 'Sampling',
    help: 'Names of processes: comm, or title, which some processes set themselves ("postgres: checkpointer"; numbers are shown as N).',
  }),
  single({
    name: 'exit-records',
    brief: 'Name short-lived processes: auto, on or off (auto)',
    metavariable: '[WHEN]',
    format: EXIT_RECORDS_MODE,
    bare: 'on',
    default: 'auto',
    group: 'Sampling',
    commands: ['track', 'doctor'],
    help: "Name short-lived processes by exit records of the kernel (need NET_ADMIN in the host's namespaces): auto, on (warn if unavailable) or off.",
  }),
  ...SUMMARY_OPTIONS,
  ...REPORT_OPTIONS,
  single({
    name: 'live',
    brief: 'Show a live view, like top',
    format: SWITCH,
    default: false,
    group: 'Summary',
    commands: ['track', 'replay'],
    help: 'Show a live view of units and processes in the terminal, like top; ? lists its keys.',
  }),
  ...RECORDING_OPTIONS,
  ...REPLAY_OPTIONS,
  ...COMPARE_OPTIONS,
  several({
    name: 'export',
    brief: 'otlp, prometheus, console or none (otlp)',
    many: 'listed',
    metavariable: 'LIST',
    format: EXPORTER,
    default: ['otlp'],
    standard: [
      { variable: 'OTEL_SDK_DISABLED', format: SDK_DISABLED },
      { variable: 'OTEL_METRICS_EXPORTER', format: STANDARD_EXPORTER },
    ],
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'Exporters: otlp, prometheus (scraped), console, comma-separated, or none.',
  }),
  single({
    name: 'export-interval',
    metavariable: 'TIME',
    format: POSITIVE_DURATION,
    default: 10,
    standard: [{ variable: 'OTEL_METRIC_EXPORT_INTERVAL', format: MILLISECONDS }],
    group: 'Export',
    help: 'Time between two exports.',
  }),
  ...DELIVERY_OPTIONS,
  ...TRACES_OPTIONS,
  ...FINDINGS_OPTIONS,
  ...SERIES_OPTIONS,
  optional({
    name: 'otlp-headers-file',
    metavariable: 'FILE',
    format: PATH,
    group: 'Export',
    commands: ['track', 'doctor'],
    help: 'File with headers for every OTLP request: "Name: value" or "name=value", one per line. Reread when it changes.',
  }),
  optional({
    name: 'listen',
    metavariable: 'ADDRESS',
    format: LISTEN_ADDRESS,
    group: 'Export',
    help: 'Serve /healthz, /readyz and /metrics over HTTP on loopback at PORT, or at HOST:PORT.',
  }),
  several({
    name: 'allowed-hosts',
    many: 'listed',
    metavariable: 'LIST',
    format: ALLOWED_HOST,
    group: 'Export',
    help: 'Host names that requests to --listen and --web may use, besides localhost and IP addresses: node1, *.example.org, or * for any.',
  }),
  single({
    name: 'pass-credentials',
    format: SWITCH,
    default: false,
    group: 'Export',
    help: 'Let COMMAND inherit the variables with OTLP headers, client keys and endpoint logins (removed by default).',
  }),
  ...FILE_OPTIONS,
  ...GENERAL_OPTIONS,
] as const satisfies readonly Option[];

type Listed = (typeof OPTIONS)[number];

/** Final value of every option that has one, by name. */
export type Settings = {
  readonly [O in Listed as O extends ValueOption ? O['name'] : never]: O extends ValueOption<string, infer S>
    ? S
    : never;
};

export const VALUE_OPTIONS: readonly ValueOption[] = (OPTIONS as readonly Option[]).filter(holdsValue);
