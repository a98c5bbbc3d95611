import type { RunDocument } from '../../ledger/document/run-document.ts';
import { csvField } from '../csv-field.ts';
import { NO_CHOICE, shownColumns } from './choice.ts';
import { csvFields, exitedRow, processRow, type Row, unitRow } from './csv-rows.ts';
import { exitedInOrder, inOrder } from './order.ts';
import { processColumns } from './process-columns.ts';
import type { SummaryChoice } from './summary-columns.ts';

/**
 * The summary as CSV by RFC 4180, but for lines that end in `\n` alone, as the text tools it is piped into expect.
 * `kind` says what a row is: `unit` (one each, also for a unit that was never seen; its figures have columns of their
 * own, so that a sum over `cpu_seconds` counts nothing twice), `process`, or `exited` (`count` processes folded by
 * name). Numbers are exact; an empty field is unknown, or has no meaning for that kind.
 *
 * Rows stand in the document's order unless another is asked for.
 *
 * Text is as `csvField` writes it.
 */
export function renderCsv(document: RunDocument, choice: SummaryChoice = NO_CHOICE): string {
  return [...csvLines(document, choice)].join('');
}

/** The same line by line. */
export function* csvLines(document: RunDocument, choice: SummaryChoice): Generator<string, void, undefined> {
  const columns = choice.columns.length === 0 ? csvFields(document) : chosenFields(document, choice);
  const isSorted = choice.sort.length > 0;
  yield `${columns.join(',')}\n`;
  for (const unit of document.units) {
    yield line(columns, unitRow(unit));
    const processes = isSorted ? inOrder(unit.processes, document, choice) : unit.processes;
    const exited = isSorted ? exitedInOrder(unit.exited, choice) : unit.exited;
    for (const row of processes) yield line(columns, processRow(unit, row));
    for (const row of exited) yield line(columns, exitedRow(unit, row));
  }
}

/** What rows are, and the fields of the columns that were chosen, in their order. */
function chosenFields(document: RunDocument, choice: SummaryChoice): readonly string[] {
  const all = processColumns(document);
  return [...new Set(['kind', 'unit', ...shownColumns(document, choice).flatMap((name) => all[name].csv)])];
}

function line(columns: readonly string[], row: Row): string {
  return `${columns.map((column) => csvField(row[column] ?? null)).join(',')}\n`;
}
