import { writeWhole } from '../../host/files/write.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import { printable } from '../../text/printable.ts';
import type { PageAssets } from '../../views/page/bundle.ts';
import { fitModel } from '../../views/page/fit-model.ts';
import type { PageFacts } from '../../views/page/model/build-model.ts';
import type { PageHistory } from '../../views/page/model/page-history.ts';
import { renderReport } from '../../views/page/render-report.ts';
import type { LostOutput } from './lost-output.ts';

/** Destination of the report; the permissions are those of a summary file. */
export interface ReportFile {
  readonly path: string;
  readonly mode: number | undefined;
}

/** Writes the report of a run that has ended. */
export async function writeReport(
  { path, mode }: ReportFile,
  document: RunDocument,
  history: PageHistory,
  {
    facts,
    assets,
    lost,
  }: { readonly facts: PageFacts; readonly assets: PageAssets; readonly lost: LostOutput },
): Promise<void> {
  const page = renderReport(await fitModel(document, history, facts), assets);
  try {
    writeWhole(path, page, mode);
  } catch (error) {
    const why = whyFileFails(error, 'written');
    if (why === null) throw error;
    lost.add(`--report ${printable(path)} ${why}: there is no report of this run`);
  }
}
