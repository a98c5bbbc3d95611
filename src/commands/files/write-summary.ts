import { writeFileSync } from 'node:fs';
import type { SummaryFormat } from '../../config/config.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import type { SummaryChoice } from '../../views/summary/choice.ts';
import { summaryRecords } from '../../views/summary/log-records.ts';
import { renderSummary } from '../../views/summary/render-summary.ts';

/** Where the summary goes, and how. */
export interface SummaryWish {
  readonly format: SummaryFormat;
  /** A file in the place of standard output. */
  readonly file: string | undefined;
  readonly choice: SummaryChoice;
}

/**
 * Writes the summary: to the file, or to standard output, where it stands alone. A file that cannot be written does
 * not lose it: it then goes to standard output.
 */
export async function writeSummary(
  document: RunDocument,
  { format, file, choice }: SummaryWish,
  standardOutput: NodeJS.WriteStream,
  log: Log,
): Promise<void> {
  if (format === 'none') return;
  if (file !== undefined) {
    try {
      writeFileSync(file, renderSummary(document, format, {}, choice));
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      log.error(
        {},
        `--summary-file ${printable(file)} cannot be written (${code}): the summary goes to standard output`,
      );
    }
  }
  const place = standardOutput.isTTY ? { columns: standardOutput.columns } : {};
  await written(standardOutput, renderSummary(document, format, place, choice));
}

/** The summary as structured records, one a unit and one a row, for what collects a container's log. */
export function logSummary(document: RunDocument, log: Log): void {
  for (const record of summaryRecords(document)) log.info(record, 'summary');
}

/** Resolves when `text` has left this program, or its reader has gone. */
export function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    // A reader that stops reading (`| head`) has seen what it wanted.
    stream.on('error', () => resolve());
    stream.write(text, () => resolve());
  });
}
