import { type Command, type CommandInputs, checkNewFiles, oneFile } from '../command.ts';
import type { Config } from '../config.ts';

/** Configuration of `unitledger report`. */
export interface ReportConfig extends Pick<Config, 'fileMode' | 'logLevel' | 'warnings'> {
  /** The recording; older files of the same run (FILE.1, ...) are found in its directory. */
  readonly file: string;
  /** Output file; undefined: standard output. */
  readonly reportFile: string | undefined;
  /** Rows of exited processes; undefined: as many as the run kept. */
  readonly summaryRows: number | undefined;
}

const INTRODUCTION = `unitledger report: write a recorded run as one HTML page.

Usage: unitledger report [OPTION]... FILE

FILE is a recording of a run with --record FILE. The page starts with the
heaviest names, plots CPU, memory, I/O and pressure over time, and lists the
processes. The page is one self-contained file. It goes to standard output, or
to the file of --report.

Examples:
  unitledger --service nginx --record nginx.ulr
      record nginx.service until Ctrl-C
  unitledger report nginx.ulr --report nginx.html
      write its report
  unitledger report nginx.ulr > nginx.html
      the same
  unitledger --service nginx --report nginx.html
      write the report of a run, without a recording
`;

export const REPORT: Command<'report', ReportConfig> = {
  name: 'report',
  summary: 'write a recorded run as one HTML page',
  introduction: INTRODUCTION,
  ending: '',
  read,
};

function read(inputs: CommandInputs): ReportConfig {
  const { settings, operands, warnings } = inputs;
  const file = oneFile('report', operands);
  checkNewFiles(inputs, ['report'], [file]);
  return {
    file,
    reportFile: settings.report,
    fileMode: settings['file-mode'],
    summaryRows: settings['summary-rows'],
    logLevel: settings['log-level'],
    warnings,
  };
}
