import {
  type Command,
  type CommandInputs,
  checkNewFiles,
  headersFileOf,
  listOrNone,
  namedBy,
  type Operand,
} from '../command.ts';
import { COMMAND_NAMES, MAIN_COMMAND } from '../command-name.ts';
import type { Config, ListenAddress } from '../config.ts';
import { ConfigError, shown } from '../config-error.ts';
import { type Environment, sharedVariable } from '../environment.ts';
import { type Format, textFormat, wholeNumber } from '../format.ts';
import { HIGHEST_PORT, isHost, listenAddressOf } from '../listen-address.ts';
import {
  OTLP_VARIABLES,
  type OtlpVariable,
  readOtlpVariables,
  usedSignals,
  variablesOfSignals,
} from '../otlp-variables.ts';
import { suggestion } from '../suggestion.ts';
import { summaryChoiceOf } from '../summary-choice.ts';
import { readTargets } from '../target-names.ts';
import { readTraces } from '../traces-variables.ts';
import { UNIT_NAME } from '../unit-name.ts';

const HOST = textFormat('a host name or an IP address', (given) => {
  const host = given.includes(':') && !given.startsWith('[') ? `[${given}]` : given;
  return isHost(host) ? host : null;
});

const PORT: Format<number> = wholeNumber(0, HIGHEST_PORT);

/** Address of the Prometheus exporter without `--listen` (OpenTelemetry environment variable specification). */
export const PROMETHEUS_VARIABLES = {
  host: {
    variables: ['OTEL_EXPORTER_PROMETHEUS_HOST'],
    help: 'Address of `/metrics` with `--export prometheus` and without `--listen`. Default: `localhost`.',
    format: HOST,
  },
  port: {
    variables: ['OTEL_EXPORTER_PROMETHEUS_PORT'],
    help: 'Port of that address. Default: `9464`.',
    format: PORT,
  },
} as const satisfies Readonly<Record<string, OtlpVariable<unknown>>>;

/** Variables that are always withheld: headers, and the files of keys and headers. */
const CREDENTIALS: readonly string[] = [
  ...OTLP_VARIABLES.headers.variables,
  ...OTLP_VARIABLES.clientKey.variables,
  'UNITLEDGER_OTLP_HEADERS_FILE',
];

const BRIEF = `unitledger: CPU, memory and I/O of every process of a systemd unit.

Usage: unitledger [track] [OPTION]... [-- COMMAND [ARG]...]

  unitledger --service nginx             nginx.service until Ctrl-C
  unitledger --pid 4711 --duration 30    a process and its descendants
  unitledger --export none -- make -j4   a command, with all its processes
  unitledger --live --service '*'        all services in a view like top
`;

const INTRODUCTION = `unitledger: CPU, memory and I/O of every process of a systemd unit.

Usage: unitledger [track] [OPTION]... [-- COMMAND [ARG]...]

unitledger samples CPU, memory and I/O of every process in units, cgroups, pods
and process trees, or of a command. It exports OpenTelemetry metrics, and prints
a summary on standard output at the end.

Examples:
  unitledger --service nginx --duration 30
      nginx.service for 30 seconds; metrics go to http://localhost:4318
  unitledger --export none -- make -j4
      run a command and print what each of its processes used
  unitledger --unit postgresql@16-main --unit nginx --interval 250ms
      two units, four samples a second, until Ctrl-C
  unitledger --pid 4711 --duration 1m --summary json > run.json
      a process with its descendants; the summary as JSON
  unitledger --service nginx --record nginx.ulr --summary none
      record a run; unitledger replay nginx.ulr shows it
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 unitledger --config ul.yaml
      options from a file, metrics to a collector elsewhere
`;

const ENDING = `A TIME is a number of seconds, or has a unit: 500ms, 2s, 1m, 1h.

An option can be set in several places. The first of these places wins: the
flag, the UNITLEDGER_* variable, the OTEL_* variable, the --config file, the
default. Keys in the file are option names, such as "export-interval: 5s".
`;

/** The main command: tracks the targets until the run ends, and prints a summary. */
export const TRACK: Command<'track', Config> = {
  name: 'track',
  summary: 'track units and print a summary; may be left out',
  introduction: INTRODUCTION,
  brief: BRIEF,
  ending: ENDING,
  read,
};

/** The kernel counts reaped CPU in ticks of 10 ms, and a sample of many processes takes longer than that. */
const LEAST_INTERVAL_SECONDS = 0.01;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one line for each option
function read(inputs: CommandInputs): Config {
  const { settings, decidedBy, operands, argv, env, warnings } = inputs;
  const [unexpected] = operands;
  if (unexpected !== undefined) throw unexpectedArgument(unexpected);
  const exporters = listOrNone(inputs, 'export');
  const traces = readTraces(settings, env, warnings);
  checkNewFiles(inputs, ['summary-file', 'report', 'record']);
  if (settings.interval < LEAST_INTERVAL_SECONDS)
    warnings.push(
      `${namedBy(inputs, 'interval')} of ${settings.interval} s is shorter than a sample takes, so most samples will be missed; use at least ${LEAST_INTERVAL_SECONDS} s`,
    );
  const web = settings.web === undefined ? undefined : listenAddressOf(settings.web, namedBy(inputs, 'web'));
  const listen =
    settings.listen !== undefined
      ? listenAddressOf(settings.listen, namedBy(inputs, 'listen'))
      : exporters.includes('prometheus')
        ? prometheusAddress(env, warnings)
        : undefined;
  if (web !== undefined && listen !== undefined) refuseOnePort(web, listen);
  return {
    targets: readTargets(decidedBy, argv, settings['cgroup-root']),
    intervalSeconds: settings.interval,
    durationSeconds: settings.duration,
    showCommandLine: settings['show-cmdline'],
    processDetails: listOrNone(inputs, 'process-details'),
    processNames: settings['process-names'],
    exitRecords: settings['exit-records'],
    live: settings.live,
    summary: settings.summary,
    summaryFile: settings['summary-file'],
    fileMode: settings['file-mode'],
    summaryChoice: summaryChoiceOf(settings, decidedBy, warnings),
    summaryRows: settings['summary-rows'],
    logSummary: settings['log-summary'],
    reportFile: settings.report,
    web,
    recordFile: settings.record,
    recordFileBytes: settings['record-size'],
    recordFiles: settings['record-files'],
    procRoot: settings['proc-root'],
    cgroupRoot: settings['cgroup-root'],
    exporters,
    cpuBudgetPercent: settings['cpu-budget'],
    nice: settings.nice,
    exportIntervalSeconds: settings['export-interval'],
    exportTimeoutSeconds: settings['export-timeout'],
    processSeries: settings['process-series'],
    seriesBudget: settings['series-budget'],
    optionalMetrics: listOrNone(inputs, 'metrics'),
    processAttributes: listOrNone(inputs, 'process-attributes'),
    hostName: settings['host-name'],
    shutdownTimeoutSeconds: settings['shutdown-timeout'],
    spoolDirectory: settings['spool-dir'],
    spoolLifetime: settings['spool-lifetime'],
    spoolBytes: settings['spool-size'],
    spoolAgeSeconds: settings['spool-age'],
    traces,
    ...readOtlpVariables(env, usedSignals(exporters, traces), warnings),
    usesProxy: settings['otlp-proxy'] === 'environment',
    otlpHeadersFile: headersFileOf(inputs),
    listen,
    allowedHosts: settings['allowed-hosts'],
    withheldVariables: settings['pass-credentials'] ? [] : credentialVariables(env, traces !== undefined),
    logLevel: settings['log-level'],
    warnings,
  };
}

/** The second of two servers at one address would find that another program listens there. */
function refuseOnePort(web: ListenAddress, listen: ListenAddress): void {
  if (web.port === 0 || web.port !== listen.port || web.host !== listen.host) return;
  const accepted = `another port than that of ${listen.named}`;
  throw new ConfigError(`${web.named} must have ${accepted}, not ${web.port}`, {
    option: '--web',
    value: String(web.port),
    accepted,
  });
}

function unexpectedArgument({ text }: Operand): ConfigError {
  const about = { option: 'COMMAND', value: text, accepted: MAIN_COMMAND };
  const command = suggestion(text, COMMAND_NAMES);
  if (command !== undefined)
    return new ConfigError(
      `unknown command "${shown(text)}"; did you mean "${command}"? To run and track a command, put -- before it`,
      about,
    );
  let advice = 'name targets with --service, --cgroup or --pid';
  if (/^[0-9]+$/.test(text)) advice = `to track that process, use --pid ${text}`;
  else if (UNIT_NAME.read(text).kind === 'value') advice = `to track that unit, use --service ${shown(text)}`;
  return new ConfigError(
    `unexpected argument "${shown(text)}": ${advice}; to run and track a command, put -- before it`,
    about,
  );
}

/** Names of variables in `env` that a command does not inherit: those with credentials for unitledger's export. */
function credentialVariables(env: Environment, sendsSpans: boolean): readonly string[] {
  const { headers, clientKey, endpoint } = OTLP_VARIABLES;
  // If unitledger sends no spans, the variables for traces belong to the command only.
  const ofTraces = sendsSpans ? [headers.tracesVariable, clientKey.tracesVariable] : [];
  const endpoints = sendsSpans ? variablesOfSignals(endpoint) : endpoint.variables;
  const withLogin = endpoints.filter((name) => /\/\/[^/]*@/.test(env[name] ?? ''));
  return [...CREDENTIALS, ...ofTraces, ...withLogin].filter((name) => env[name] !== undefined);
}

/** Address from the variables for Prometheus scrapes. Invalid values are ignored with a warning. */
function prometheusAddress(env: Environment, warnings: string[]): ListenAddress {
  const { host, port } = PROMETHEUS_VARIABLES;
  const name = sharedVariable(env, host.variables[0], host.format, warnings) ?? 'localhost';
  const address = `${name}:${sharedVariable(env, port.variables[0], port.format, warnings) ?? 9464}`;
  return listenAddressOf(
    address,
    `--export prometheus (${host.variables[0]}, ${port.variables[0]}, or --listen instead)`,
  );
}
