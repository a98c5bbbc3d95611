import type { SummaryFormat } from '../../config/config.ts';
import { writeWhole } from '../../host/files/write.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import type { SummaryChoice } from '../../views/summary/choice.ts';
import { summaryRecords } from '../../views/summary/log-records.ts';
import { renderSummary } from '../../views/summary/render-summary.ts';
import type { LostOutput } from './lost-output.ts';
import { OutputError, written } from './standard-output.ts';

/** Where the summary goes, and how. */
export interface SummaryWish {
  readonly summary: SummaryFormat;
  /** A file in the place of standard output. */
  readonly summaryFile: string | undefined;
  readonly summaryChoice: SummaryChoice;
  /** Permissions of the file; undefined: those of the file that it replaces, else 0600. */
  readonly fileMode: number | undefined;
}

/**
 * Writes the summary: to the file, or to standard output, where it stands alone. If the file cannot be written, the summary
 * goes to standard output.
 */
export async function writeSummary(
  document: RunDocument,
  { summary: format, summaryFile: file, summaryChoice: choice, fileMode }: SummaryWish,
  standardOutput: NodeJS.WriteStream,
  lost: LostOutput,
): Promise<void> {
  if (format === 'none') return;
  if (file !== undefined) {
    try {
      writeWhole(file, renderSummary(document, format, {}, choice), fileMode);
      return;
    } catch (error) {
      const why = whyFileFails(error, 'written');
      if (why === null) throw error;
      lost.add(`--summary-file ${printable(file)} ${why}; printing the summary to standard output`);
    }
  }
  const place = standardOutput.isTTY ? { columns: standardOutput.columns } : {};
  try {
    await written(standardOutput, renderSummary(document, format, place, choice));
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    lost.add(`${error.message}: the summary is lost`);
  }
}

/** The summary as structured records, one a unit and one a row, for what collects a container's log. */
export function logSummary(document: RunDocument, log: Log): void {
  for (const record of summaryRecords(document)) log.info(record, 'summary');
}
