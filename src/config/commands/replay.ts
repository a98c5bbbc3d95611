import { type Command, type CommandInputs, oneFile } from '../command.ts';
import type { LogLevel, SummaryFormat } from '../config.ts';
import { checkNewFile } from '../new-file.ts';

/** What `unitledger replay` needs. */
export interface ReplayConfig {
  /** The recording; older files of the same run are found beside it. */
  readonly file: string;
  readonly summary: SummaryFormat;
  readonly summaryFile: string | undefined;
  /** Rows of exited processes; undefined: as many as the run kept. */
  readonly summaryRows: number | undefined;
  readonly logLevel: LogLevel;
  readonly warnings: readonly string[];
}

const INTRODUCTION = `unitledger replay: what a recorded run used, told again.

Usage: unitledger replay [OPTION]... FILE

FILE is what a run wrote with --record FILE. Its samples are booked once more:
the summary is the run's own, to the last digit. A run that was killed is told
up to its last sample. If it went on to new files, FILE.1, FILE.2 and so on are
read along, oldest first.

Examples:
  unitledger --service nginx --record nginx.ulr --summary none
      record nginx.service until Ctrl-C
  unitledger replay nginx.ulr
      what each of its processes used
  unitledger replay --summary json nginx.ulr > run.json
      the same for programs
`;

const ENDING = `Exit codes:
  0  the recording was read; what is missing of it is said on standard error
  2  bad input: no recording, or none that can be read
`;

/** Tells a recorded run again. */
export const REPLAY: Command<'replay', ReplayConfig> = {
  name: 'replay',
  built: true,
  summary: 'tell a recorded run again',
  introduction: INTRODUCTION,
  ending: ENDING,
  read,
};

function read({ settings, decidedBy, operands, isDirectory, warnings }: CommandInputs): ReplayConfig {
  checkNewFile('--summary-file', settings['summary-file'], decidedBy.get('summary-file'), isDirectory);
  return {
    file: oneFile('replay', operands),
    summary: settings.summary,
    summaryFile: settings['summary-file'],
    summaryRows: decidedBy.has('summary-rows') ? settings['summary-rows'] : undefined,
    logLevel: settings['log-level'],
    warnings,
  };
}
