import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import type { PageAssets } from '../../views/page/bundle.ts';
import { fitModel } from '../../views/page/fit-model.ts';
import type { PageFacts } from '../../views/page/model/build-model.ts';
import type { PageHistory } from '../../views/page/model/page-history.ts';
import { renderReport } from '../../views/page/render-report.ts';
import { writeWhole } from './write-whole.ts';

/** Writes the report of a run that has ended. What goes wrong is said. */
export function writeReport(
  file: string,
  document: RunDocument,
  history: PageHistory,
  { facts, assets, log }: { readonly facts: PageFacts; readonly assets: PageAssets; readonly log: Log },
): void {
  try {
    writeWhole(file, renderReport(fitModel(document, history, facts), assets));
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    log.error({}, `--report ${printable(file)} cannot be written (${code}): there is no report of this run`);
  }
}
