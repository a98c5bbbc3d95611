import type { ReportConfig } from '../config/commands/report.ts';
import { ConfigError } from '../config/config-error.ts';
import { EXIT } from '../config/exit-codes.ts';
import { RecordedRun } from '../recording/recorded-run.ts';
import { ReplayedRun } from '../recording/replayed-run.ts';
import { pageAssets } from '../views/page/bundle.ts';
import { fitModel } from '../views/page/fit-model.ts';
import { PageHistory } from '../views/page/model/page-history.ts';
import { renderReport } from '../views/page/render-report.ts';
import type { CommandContext } from './command-context.ts';
import { writeFile, written } from './files/output.ts';
import { readingFrom, warnOfMissing } from './files/read-recording.ts';
import { VERSION } from './version.ts';

/**
 * Writes a recorded run as a page. Resolves to the exit code. Throws ConfigError if there is no readable recording, or
 * if the page would be written to a terminal, and OutputError.
 */
export async function report(config: ReportConfig, { log, standardOutput }: CommandContext): Promise<number> {
  const { file, reportFile, fileMode } = config;
  for (const warning of config.warnings) log.warn({}, warning);
  if (reportFile === undefined && standardOutput.isTTY === true)
    throw new ConfigError(
      'report writes an HTML page, and standard output is a terminal: name a file for it with --report FILE',
      { option: '--report', accepted: 'a file' },
    );
  const model = await readingFrom(file, () => {
    const run = RecordedRun.open(file);
    const replayed = new ReplayedRun(run, config.summaryRows);
    const history = new PageHistory(replayed.ledger, run.head.intervalSeconds);
    for (const { usage } of replayed.ticks()) history.take(usage);
    const { missing } = run.completeness;
    warnOfMissing(log, file, missing);
    const { hostName } = run.head;
    return fitModel(replayed.document(), history, { program: VERSION, hostName, goesOn: false, missing });
  });
  const page = renderReport(model, await pageAssets());
  if (reportFile === undefined) await written(standardOutput, page);
  else writeFile('--report', reportFile, page, fileMode);
  return EXIT.DONE;
}
