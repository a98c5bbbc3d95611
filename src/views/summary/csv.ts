import type { RunDocument } from '../../ledger/document/run-document.ts';
import { csvField } from '../csv-field.ts';
import { NO_CHOICE, shownColumns } from './choice.ts';
import { csvFields, exitedRow, processRow, type Row, unitRow } from './csv-rows.ts';
import { exitedInOrder, inOrder } from './order.ts';
import { processColumns } from './process-columns.ts';
import type { SummaryChoice } from './summary-columns.ts';

/**
 * The summary as CSV by RFC 4180, except that lines end in `\n`, as text tools expect.
 * `kind` is the kind of a row: `unit` (one each, also for a unit that was never seen; its figures have separate
 * columns, so that a sum over `cpu_seconds` counts nothing twice), `process`, or `exited` (`count` processes folded by
 * name). Numbers are exact; an empty field is unknown, or has no meaning for that kind.
 *
 * Rows are in the document's order unless another is requested.
 *
 * `csvField` writes text.
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

/** The kinds of rows, and the fields of the chosen columns in order. */
function chosenFields(document: RunDocument, choice: SummaryChoice): readonly string[] {
  const all = processColumns(document);
  return [...new Set(['kind', 'unit', ...shownColumns(document, choice).flatMap((name) => all[name].csv)])];
}

function line(columns: readonly string[], row: Row): string {
  return `${columns.map((column) => csvField(row[column] ?? null)).join(',')}\n`;
}
