import type { RunDocument } from '../../ledger/document/run-document.ts';
import { jsonParts } from '../../text/json-parts.ts';
import { escapeUnseenInJson } from '../../text/printable.ts';
import { csvLines } from './csv.ts';
import { markdownLines } from './markdown.ts';
import type { SummaryChoice } from './summary-columns.ts';
import { renderTableEnd, type TableForm, tableBodyLines } from './table.ts';

/** Options of a rendered summary. */
export type SummaryForm = 'table' | 'json' | 'csv' | 'markdown';

/**
 * The summary of a run, ending in a line break. Names of processes are escaped. JSON is the whole document, whatever is
 * chosen. In parts of a line or a row, made on demand, because a run may have thousands of rows.
 */
export function* summaryParts(
  document: RunDocument,
  format: SummaryForm,
  form: TableForm,
  choice: SummaryChoice,
): Generator<string, void, undefined> {
  yield* summaryStartParts(document, format, form, choice);
  yield* summaryEndParts(document, format, choice);
}

/**
 * The part of the summary that does not depend on the outcome of the export. Empty for JSON and Markdown, which cannot be
 * split.
 */
export function summaryStartParts(
  document: RunDocument,
  format: SummaryForm,
  form: TableForm,
  choice: SummaryChoice,
): Iterable<string> {
  switch (format) {
    case 'table':
      return tableBodyLines(document, form, choice);
    case 'csv':
      return csvLines(document, choice);
    case 'json':
    case 'markdown':
      return [];
  }
}

/** The part of the summary that follows `summaryStartParts`. */
export function summaryEndParts(
  document: RunDocument,
  format: SummaryForm,
  choice: SummaryChoice,
): Iterable<string> {
  switch (format) {
    case 'table':
      return [renderTableEnd(document)];
    case 'csv':
      return [];
    case 'json':
      return jsonLines(document);
    case 'markdown':
      return markdownLines(document, choice);
  }
}

/**
 * The run document (`docs/run-document.schema.json`) with unrounded numbers, indented by two spaces.
 * Names are unchanged: characters that a terminal acts on are written as JSON escapes. NaN is `null`.
 */
function* jsonLines(document: RunDocument): Generator<string, void, undefined> {
  for (const part of jsonParts(document, ROW_DEPTH, 2)) yield escapeUnseenInJson(part);
  yield '\n';
}

/** Depth of rows in the document: list of units, unit, list of rows. */
const ROW_DEPTH = 4;
