import {
  type Command,
  type CommandInputs,
  checkNewFiles,
  headersFileOf,
  listOrNone,
  namedBy,
} from '../command.ts';
import type { Config, TargetName } from '../config.ts';
import { ConfigError, shown } from '../config-error.ts';
import { inWords } from '../format.ts';
import { DOCTOR_FORMATS, type DoctorFormat } from '../general-options.ts';
import { readOtlpVariables, usedSignals } from '../otlp-variables.ts';
import { readTargets } from '../target-names.ts';
import { readTraces } from '../traces-variables.ts';

/** Configuration of `unitledger doctor`: the settings of a run that depend on the deployment. */
export interface DoctorConfig
  extends Pick<
    Config,
    | 'exitRecords'
    | 'procRoot'
    | 'cgroupRoot'
    | 'exporters'
    | 'traces'
    | 'exportTimeoutSeconds'
    | 'usesProxy'
    | 'otlpEnvironment'
    | 'otlpHeadersFile'
    | 'spoolDirectory'
    | 'spoolBytes'
    | 'spoolAgeSeconds'
    | 'logLevel'
    | 'warnings'
  > {
  /** If empty, without a command, only the host and the collector are checked. */
  readonly targets: readonly Exclude<TargetName, { kind: 'command' }>[];
  /** Program of a command that the run would start; undefined without one. */
  readonly program: string | undefined;
  /** Why the run cannot create its files, in the words of the run; null if nothing is known to be wrong. */
  readonly outputFault: string | null;
  readonly format: DoctorFormat;
}

const INTRODUCTION = `unitledger doctor: check the requirements of a run, and print fixes.

Usage: unitledger doctor [OPTION]... [-- COMMAND [ARG]...]

Run doctor with the options and variables of the run, also with options of track
that are not listed here: doctor checks their values. It does not start COMMAND.
It checks the host's /proc, the cgroup tree, the privileges of unitledger and
the targets. It sends an empty request to the collector and, with --traces, to
the traces endpoint.

For each problem, doctor prints the effect and the fix. If the fix differs
between containers, Kubernetes pods and bare hosts, doctor prints all three, and
the one for its own environment first. The last line counts the checks.

Examples:
  unitledger doctor --service nginx
      check whether nginx.service can be tracked from here
  docker run --pid host … unitledger doctor --proc-root /host/proc …
      check a container, with all options of the run
  kubectl exec POD -- unitledger doctor --config /etc/unitledger/unitledger.yaml
      check a pod of the chart, with its own options
  unitledger doctor --format json
      print JSON for programs
`;

export const DOCTOR: Command<'doctor', DoctorConfig> = {
  name: 'doctor',
  summary: 'check the requirements of a run, and print fixes',
  introduction: INTRODUCTION,
  ending: '',
  read,
};

const TARGETS = ['service', 'cgroup', 'pid', 'pod-uid'];

function read(inputs: CommandInputs): DoctorConfig {
  const { settings, decidedBy, operands, env, warnings } = inputs;
  const unexpected = operands.find(({ isAfterDashes }) => !isAfterDashes);
  if (unexpected !== undefined) {
    throw new ConfigError(
      `unexpected argument "${shown(unexpected.text)}": name targets with --service, --cgroup, --pod-uid or --pid, or put -- before a command`,
      { option: 'COMMAND', value: unexpected.text, accepted: 'options' },
    );
  }
  const exporters = listOrNone(inputs, 'export');
  const traces = readTraces(settings, env, warnings);
  const { otlpEnvironment } = readOtlpVariables(env, usedSignals(exporters, traces), warnings);
  const [program, ...args] = operands.map(({ text }) => text);
  const command = program === undefined ? undefined : ([program, ...args] as const);
  const named =
    command !== undefined || TARGETS.some((option) => decidedBy.has(option))
      ? readTargets(decidedBy, command, settings['cgroup-root'])
      : [];
  return {
    targets: named.filter((target) => target.kind !== 'command'),
    program,
    outputFault: outputFaultOf(inputs),
    exitRecords: settings['exit-records'],
    procRoot: settings['proc-root'],
    cgroupRoot: settings['cgroup-root'],
    exporters,
    exportTimeoutSeconds: settings['export-timeout'],
    traces,
    otlpEnvironment,
    usesProxy: settings['otlp-proxy'] === 'environment',
    otlpHeadersFile: headersFileOf(inputs),
    spoolDirectory: settings['spool-dir'],
    spoolBytes: settings['spool-size'],
    spoolAgeSeconds: settings['spool-age'],
    format: formatOf(inputs),
    logLevel: settings['log-level'],
    warnings,
  };
}

/** The directory of a file may be created with the service (`StateDirectory=`), so this does not end doctor. */
function outputFaultOf(inputs: CommandInputs): string | null {
  try {
    checkNewFiles(inputs, ['summary-file', 'report', 'record']);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** Throws ConfigError for formats that only compare has. */
function formatOf(inputs: CommandInputs): DoctorFormat {
  const { format } = inputs.settings;
  const known = DOCTOR_FORMATS.find((each) => each === format);
  if (known !== undefined) return known;
  const accepted = inWords(DOCTOR_FORMATS);
  throw new ConfigError(`${namedBy(inputs, 'format')} of doctor must be ${accepted}, not "${format}"`, {
    option: '--format',
    value: format,
    accepted,
  });
}
