import type { RunDocument } from '../../ledger/document/run-document.ts';
import { escapeOf, printable } from '../../text/printable.ts';
import { NO_CHOICE, type SummaryChoice, shownColumns } from './choice.ts';
import { csvFields, exitedRow, processRow, type Row, unitRow, type Value } from './csv-rows.ts';
import { exitedInOrder, inOrder } from './order.ts';
import { processColumns } from './process-columns.ts';

/**
 * The summary as CSV by RFC 4180, but for lines that end in `\n` alone, as the text tools it is piped into expect.
 * `kind` says what a row is: `unit` (one each, also for a unit that was never seen; its figures have columns of their
 * own, so that a sum over `cpu_seconds` counts nothing twice), `process`, or `exited` (`count` processes folded by
 * name). Numbers are exact; an empty field is unknown, or has no meaning for that kind.
 *
 * Rows stand in the document's order unless another is asked for.
 *
 * Text is printable. A spreadsheet runs a field that starts with `=`, `+`, `-` or `@` as a formula, so such a first
 * character (also one after a `;`, which is the separator in some countries) is written as an escape, `\x3d` for
 * `=`: the same escapes as everywhere, so that the text can be read back.
 */
export function renderCsv(document: RunDocument, choice: SummaryChoice = NO_CHOICE): string {
  const columns = choice.columns.length === 0 ? csvFields(document) : chosenFields(document, choice);
  const isSorted = choice.sort.length > 0;
  const lines = [columns.join(',')];
  for (const unit of document.units) {
    lines.push(line(columns, unitRow(unit)));
    const processes = isSorted ? inOrder(unit.processes, document, choice) : unit.processes;
    const exited = isSorted ? exitedInOrder(unit.exited, choice) : unit.exited;
    for (const row of processes) lines.push(line(columns, processRow(unit, row)));
    for (const row of exited) lines.push(line(columns, exitedRow(unit, row)));
  }
  return `${lines.join('\n')}\n`;
}

/** What rows are, and the fields of the columns that were chosen, in their order. */
function chosenFields(document: RunDocument, choice: SummaryChoice): readonly string[] {
  const all = processColumns(document);
  return [...new Set(['kind', 'unit', ...shownColumns(document, choice).flatMap((name) => all[name].csv)])];
}

function line(columns: readonly string[], row: Row): string {
  return columns.map((column) => field(row[column] ?? null)).join(',');
}

function field(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = printable(value).replace(
    FORMULA_START,
    (_, before: string, sign: string) => before + escapeOf(sign),
  );
  return /^ | $|[",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What makes a formula of a field, the full-width forms too, behind whatever a spreadsheet may strip before it. */
const FORMULA_START = /((?:^|;)[\s"']*)([=+\-@＝＋－＠])/g;
