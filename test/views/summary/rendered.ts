import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { type SummaryForm, summaryParts } from '../../../src/views/summary/render-summary.ts';
import type { SummaryChoice } from '../../../src/views/summary/summary-columns.ts';
import type { TableForm } from '../../../src/views/summary/table.ts';

/** No choice of columns and order. */
export const NO_CHOICE: SummaryChoice = { columns: [], sort: [] };

/** The whole summary of a run as one text. */
export function renderSummary(
  document: RunDocument,
  format: SummaryForm,
  form: TableForm = {},
  choice: SummaryChoice = NO_CHOICE,
): string {
  return [...summaryParts(document, format, form, choice)].join('');
}

export function renderTable(document: RunDocument, form?: TableForm, choice?: SummaryChoice): string {
  return renderSummary(document, 'table', form, choice);
}

export function renderCsv(document: RunDocument, choice?: SummaryChoice): string {
  return renderSummary(document, 'csv', {}, choice);
}

export function renderMarkdown(document: RunDocument, choice?: SummaryChoice): string {
  return renderSummary(document, 'markdown', {}, choice);
}

export function renderJson(document: RunDocument): string {
  return renderSummary(document, 'json');
}
