import type { Config, LogSummary } from '../../config/config.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { Log } from '../../text/log.ts';
import { summaryRecords } from '../../views/summary/log-records.ts';
import {
  type SummaryForm,
  summaryEndParts,
  summaryParts,
  summaryStartParts,
} from '../../views/summary/render-summary.ts';
import type { TableForm } from '../../views/summary/table.ts';
import type { LostOutput } from './lost-output.ts';
import { drained, OutputError, writeFile, writtenParts } from './output.ts';

/** Destination and form of the summary. */
export type SummaryWish = Pick<
  Config,
  'summary' | 'summaryFile' | 'summaryChoice' | 'summaryRows' | 'fileMode'
>;

/**
 * Writes the summary of a finished run to the file, or to standard output as its only content. If the file cannot be
 * written, the summary goes to standard output.
 */
export async function writeSummary(
  document: RunDocument,
  wish: SummaryWish,
  standardOutput: NodeJS.WriteStream,
  lost: LostOutput,
): Promise<void> {
  await new SummaryWriter(wish, standardOutput, lost).finish(document);
}

/** Writes the summary in two steps, so that a run can show it before it waits for the collector. */
export class SummaryWriter {
  readonly #wish: SummaryWish;
  readonly #standardOutput: NodeJS.WriteStream;
  readonly #lost: LostOutput;
  #isStarted = false;
  #isLost = false;

  constructor(wish: SummaryWish, standardOutput: NodeJS.WriteStream, lost: LostOutput) {
    this.#wish = wish;
    this.#standardOutput = standardOutput;
    this.#lost = lost;
  }

  /** Writes the part that does not depend on the outcome of the export to standard output. `finish` writes a whole file. */
  async start(document: RunDocument): Promise<void> {
    const { summary: format, summaryFile, summaryChoice } = this.#wish;
    if (format === 'none' || summaryFile !== undefined) return;
    this.#isStarted = true;
    await this.#print(summaryStartParts(document, format, this.#form(), summaryChoice));
  }

  /** Writes the rest, or everything if `start` was not called. */
  async finish(document: RunDocument): Promise<void> {
    const { summary: format, summaryFile, summaryChoice } = this.#wish;
    if (format === 'none') return;
    if (summaryFile !== undefined && this.#writeFile(document, format, summaryFile)) return;
    const parts = this.#isStarted
      ? summaryEndParts(document, format, summaryChoice)
      : summaryParts(document, format, this.#form(), summaryChoice);
    await this.#print(parts);
  }

  #form(): TableForm {
    const { isTTY, columns } = this.#standardOutput;
    const terminal = isTTY ? { columns, bold: this.#standardOutput.hasColors() } : {};
    return { ...terminal, rows: this.#wish.summaryRows };
  }

  /** Returns whether the file was written; a failure is logged. */
  #writeFile(document: RunDocument, format: SummaryForm, file: string): boolean {
    const { summaryChoice, fileMode } = this.#wish;
    try {
      const form = { rows: this.#wish.summaryRows };
      writeFile('--summary-file', file, () => summaryParts(document, format, form, summaryChoice), fileMode);
      return true;
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.#lost.add(`${error.message}; printing the summary to standard output`);
      return false;
    }
  }

  async #print(parts: Iterable<string>): Promise<void> {
    if (this.#isLost) return;
    try {
      await writtenParts(this.#standardOutput, parts);
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.#isLost = true;
      this.#lost.add(`${error.message}: the summary is lost`);
    }
  }
}

/** In bytes. With more unread records than this, writing pauses, so that memory stays bounded with many processes. */
const MOST_WAITING_BYTES = 1024 * 1024;

/**
 * Logs the summary as structured records, one per unit, and one per row on request, for collectors of container logs.
 * `stream` is the destination of the log. Waits for a slow reader until `hurried` settles.
 */
export async function logSummary(
  document: RunDocument,
  log: Log,
  what: LogSummary,
  { stream, hurried }: { readonly stream: NodeJS.WriteStream; readonly hurried: Promise<void> },
): Promise<void> {
  if (what === 'none') return;
  for (const record of summaryRecords(document, what === 'processes')) {
    log.info(record, 'summary');
    if (stream.writableLength > MOST_WAITING_BYTES) await Promise.race([drained(stream), hurried]);
  }
}
