import { type Command, type CommandInputs, checkNewFiles, listOrNone, oneFile } from '../command.ts';
import type { Config, ReplayTarget } from '../config.ts';
import { ConfigError } from '../config-error.ts';
import { readOtlpVariables, usedSignals } from '../otlp-variables.ts';
import { summaryChoiceOf } from '../summary-choice.ts';
import { readTraces } from '../traces-variables.ts';

/** Configuration of `unitledger replay`. */
export interface ReplayConfig
  extends Pick<
    Config,
    | 'processSeries'
    | 'optionalMetrics'
    | 'exportTimeoutSeconds'
    | 'usesProxy'
    | 'otlpEnvironment'
    | 'temporality'
    | 'histogramAggregation'
    | 'summary'
    | 'summaryFile'
    | 'fileMode'
    | 'summaryChoice'
    | 'logLevel'
    | 'warnings'
  > {
  /** The recording; older files of the same run (FILE.1, ...) are found in its directory. */
  readonly file: string;
  readonly to: ReplayTarget;
  /** Whether it is played in the terminal. */
  readonly live: boolean;
  /** Undefined: no spans are sent. */
  readonly traces: Config['traces'];
  /** Rows of exited processes; undefined: as many as the run kept. */
  readonly summaryRows: number | undefined;
}

const INTRODUCTION = `unitledger replay: show a recorded run, or export its metrics.

Usage: unitledger replay [OPTION]... FILE

FILE is a recording of a run with --record FILE. Its samples are booked again,
so the summary equals that of the run. A run that was killed is replayed up to
its last sample. Older files of the run (FILE.1, FILE.2, ...) are read first.

Examples:
  unitledger --service nginx --record nginx.ulr --summary none
      record nginx.service until Ctrl-C
  unitledger replay nginx.ulr
      print the summary
  unitledger replay --live nginx.ulr
      play it in the terminal: Space pauses, ? lists the keys
  unitledger replay --summary json nginx.ulr > run.json
      print the run document, for programs
  unitledger replay --to otlpjson nginx.ulr > metrics.jsonl
      print its metrics, for the otlp_json_file receiver of a collector
  unitledger replay --to csv nginx.ulr > nginx.csv
      print a row for every unit and process per sample, for pandas or DuckDB
  unitledger replay --to otlp nginx.ulr
      send its metrics to http://localhost:4318, with their original times
  unitledger replay --traces make.ulr
      send each of its processes as a span, to the same collector
`;

const ENDING = `With --to otlp or --traces, the OTEL_EXPORTER_OTLP_* variables set the
collector. If the run itself exported its metrics, --to otlp sends them again,
with the same names and times. --traces sends a new trace.
`;

/** Replays a recorded run. */
export const REPLAY: Command<'replay', ReplayConfig> = {
  name: 'replay',
  summary: 'replay a recorded run: summary, live view, metrics',
  introduction: INTRODUCTION,
  ending: ENDING,
  read,
};

function read(inputs: CommandInputs): ReplayConfig {
  const { settings, decidedBy, operands, env, warnings } = inputs;
  const file = oneFile('replay', operands);
  checkNewFiles(inputs, ['summary-file'], [file]);
  const { to, live } = settings;
  if (live && to !== 'summary') {
    throw new ConfigError(`--live plays the recording, and --to ${to} exports it: leave one of them out`, {
      option: '--live',
      value: 'true',
      accepted: '--live without --to',
    });
  }
  // The live view can be left at any time: it prints a summary only on request.
  const isAsked = (to === 'summary' && !live) || decidedBy.has('summary') || decidedBy.has('summary-file');
  const summary = isAsked ? settings.summary : 'none';
  const summaryFile = settings['summary-file'];
  const traces = tracesOf(inputs);
  if (to !== 'summary' && to !== 'otlp' && summary !== 'none' && summaryFile === undefined) {
    throw new ConfigError(
      `--to ${to} writes to standard output: leave out --summary, or name a file for it with --summary-file`,
      { option: '--summary', value: summary, accepted: 'none, or a --summary-file' },
    );
  }
  return {
    file,
    to,
    live,
    processSeries: settings['process-series'],
    optionalMetrics: listOrNone(inputs, 'metrics'),
    exportTimeoutSeconds: settings['export-timeout'],
    traces,
    ...readOtlpVariables(env, usedSignals([to], traces), warnings),
    usesProxy: settings['otlp-proxy'] === 'environment',
    summary,
    summaryFile,
    fileMode: settings['file-mode'],
    summaryChoice: summaryChoiceOf({ ...settings, summary }, decidedBy, warnings),
    summaryRows: settings['summary-rows'],
    logLevel: settings['log-level'],
    warnings,
  };
}

/**
 * From the command line only: the environment and the file of a sidecar's run must not make a replay send spans. Throws
 * ConfigError.
 */
function tracesOf({ settings, decidedBy, env, warnings }: CommandInputs): ReplayConfig['traces'] {
  const { traces, to, live } = settings;
  const [given] = decidedBy.get('traces')?.map((each) => each.given) ?? [];
  if (!traces || given === undefined || given.position < 0) return undefined;
  if (!live && (to === 'summary' || to === 'otlp')) return readTraces(settings, env, warnings);
  const other = live ? '--live plays it' : `--to ${to} writes to standard output`;
  throw new ConfigError(`--traces sends the spans of the recording, and ${other}: leave one of them out`, {
    option: '--traces',
    value: 'true',
    accepted: '--traces without --live, and --to summary or otlp',
  });
}
