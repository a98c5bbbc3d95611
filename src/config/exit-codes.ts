import type { CommandName } from './command-name.ts';

/** The exit codes of unitledger. 70 and 74 are from sysexits(3). */
export const EXIT = {
  DONE: 0,
  /** The command succeeded, and its result is negative. */
  NEGATIVE: 1,
  BAD_INPUT: 2,
  REGRESSION: 3,
  DEFECT: 70,
  NOT_WRITTEN: 74,
} as const;

interface ExitCode {
  /** A number or a range: `128+N`. */
  readonly code: string;
  /** A phrase without a full stop. */
  readonly meaning: string;
}

/** Exit codes of every command, in addition to its own. */
const OF_ALL: readonly ExitCode[] = [
  { code: `${EXIT.DEFECT}`, meaning: 'a defect of unitledger, which standard error shows' },
  { code: `${EXIT.NOT_WRITTEN}`, meaning: 'output could not be written, for example to a full disk' },
];

/** Exit codes of a run with a command. */
const OF_TRACKED_COMMAND: readonly ExitCode[] = [
  { code: 'any', meaning: 'with COMMAND: its exit code, also if a signal ended the run' },
  { code: '128+N', meaning: 'with COMMAND: signal N ended it (130: SIGINT, 143: SIGTERM)' },
];

const OF_COMMAND: Readonly<Record<CommandName, readonly ExitCode[]>> = {
  track: [
    { code: `${EXIT.DONE}`, meaning: 'data was collected, or --duration ended COMMAND' },
    { code: `${EXIT.NEGATIVE}`, meaning: 'no matching process was seen' },
    { code: `${EXIT.BAD_INPUT}`, meaning: 'bad input; the message names the option and what it accepts' },
  ],
  doctor: [
    { code: `${EXIT.DONE}`, meaning: 'a run would work, possibly without some metrics' },
    { code: `${EXIT.NEGATIVE}`, meaning: 'a run would not work' },
    { code: `${EXIT.BAD_INPUT}`, meaning: 'bad input; the message names the option and what it accepts' },
  ],
  replay: [
    {
      code: `${EXIT.DONE}`,
      meaning: 'the recording was read; standard error names missing parts of it',
    },
    {
      code: `${EXIT.NEGATIVE}`,
      meaning: 'the collector did not accept all metrics or spans of the recording',
    },
    { code: `${EXIT.BAD_INPUT}`, meaning: 'bad input: an option, or a file that is no readable recording' },
  ],
  report: [
    {
      code: `${EXIT.DONE}`,
      meaning: 'the report was written; standard error names missing parts of the run',
    },
    { code: `${EXIT.BAD_INPUT}`, meaning: 'bad input: an option, or a file that is no readable recording' },
  ],
  compare: [
    { code: `${EXIT.DONE}`, meaning: 'compared; no --fail-if condition was met' },
    {
      code: `${EXIT.BAD_INPUT}`,
      meaning:
        'bad input: an option, a file that is no recording or run document, or a --fail-if that cannot be evaluated',
    },
    { code: `${EXIT.REGRESSION}`, meaning: 'a regression: a --fail-if condition was met' },
  ],
};

export function exitCodesOf(command: CommandName): readonly ExitCode[] {
  return [...OF_COMMAND[command], ...OF_ALL, ...(command === 'track' ? OF_TRACKED_COMMAND : [])];
}
