import type { RunDocument } from '../../ledger/document/run-document.ts';
import { printableJson } from '../../text/printable.ts';
import { NO_CHOICE, type SummaryChoice } from './choice.ts';
import { renderCsv } from './csv.ts';
import { renderMarkdown } from './markdown.ts';
import { renderTableBody, renderTableEnd, type TableForm } from './table.ts';

/** In what form a summary is written. */
export type SummaryForm = 'table' | 'json' | 'csv' | 'markdown';

/** The summary of a run, ending in a line break. Whatever processes call themselves, it is harmless to a terminal. JSON is the whole document, whatever is chosen. */
export function renderSummary(
  document: RunDocument,
  format: SummaryForm,
  form: TableForm = {},
  choice: SummaryChoice = NO_CHOICE,
): string {
  return renderSummaryStart(document, format, form, choice) + renderSummaryEnd(document, format, choice);
}

/**
 * The part of the summary that does not depend on the outcome of the export. Empty for JSON and markdown, which cannot be
 * split before it.
 */
export function renderSummaryStart(
  document: RunDocument,
  format: SummaryForm,
  form: TableForm = {},
  choice: SummaryChoice = NO_CHOICE,
): string {
  switch (format) {
    case 'table':
      return renderTableBody(document, form, choice);
    case 'csv':
      return renderCsv(document, choice);
    case 'json':
    case 'markdown':
      return '';
  }
}

/** The part of the summary that follows `renderSummaryStart`. */
export function renderSummaryEnd(
  document: RunDocument,
  format: SummaryForm,
  choice: SummaryChoice = NO_CHOICE,
): string {
  switch (format) {
    case 'table':
      return renderTableEnd(document);
    case 'csv':
      return '';
    case 'json':
      return renderJson(document);
    case 'markdown':
      return renderMarkdown(document, choice);
  }
}

/**
 * The run document as it stands (`docs/run-document.schema.json`), numbers unrounded, indented by two spaces.
 * Names are exact: what a terminal must not see is escaped in JSON's own way. A figure that is no number is `null`.
 */
export function renderJson(document: RunDocument): string {
  return `${printableJson(document, 2)}\n`;
}
