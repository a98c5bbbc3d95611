import type { ReportConfig } from '../config/commands/report.ts';
import { ConfigError } from '../config/config-error.ts';
import { RecordedRun } from '../recording/recorded-run.ts';
import { ReplayedRun } from '../recording/replayed-run.ts';
import { printable } from '../text/printable.ts';
import { pageAssets } from '../views/page/bundle.ts';
import { fitModel } from '../views/page/fit-model.ts';
import { PageHistory } from '../views/page/model/page-history.ts';
import { renderReport } from '../views/page/render-report.ts';
import { readingFrom } from './files/read-recording.ts';
import { written } from './files/write-summary.ts';
import { writeWhole } from './files/write-whole.ts';
import type { Surroundings } from './surroundings.ts';
import { VERSION } from './version.ts';

const DONE = 0;
const NOT_WRITTEN = 1;

/**
 * Makes a page of a recorded run. Resolves to the exit code. Throws ConfigError where there is no recording to read, and
 * where the page would go to a terminal.
 */
export async function report(config: ReportConfig, { log, standardOutput }: Surroundings): Promise<number> {
  const { file, reportFile } = config;
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
    for (const sentence of missing) log.warn({}, `${printable(file)} is not the whole run: ${sentence}`);
    const { hostName } = run.head;
    return fitModel(replayed.document(), history, { program: VERSION, hostName, goesOn: false, missing });
  });
  const page = renderReport(model, await pageAssets());
  if (reportFile === undefined) {
    await written(standardOutput, page);
    return DONE;
  }
  try {
    writeWhole(reportFile, page);
    return DONE;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    log.error({}, `--report ${printable(reportFile)} cannot be written (${code})`);
    return NOT_WRITTEN;
  }
}
