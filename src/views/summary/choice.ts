import type { RunDocument, RunProcess } from '../../ledger/document/run-document.ts';
import type { Column } from './column.ts';
import { addedColumns, LEADING, processColumns } from './process-columns.ts';
import type { SummaryChoice, SummaryColumn } from './summary-columns.ts';

/** Nothing was chosen. */
export const NO_CHOICE: SummaryChoice = { columns: [], sort: [] };

/** The columns of process rows that are shown, by name; each once. `added`: those without a choice, beyond the leading ones. */
export function shownColumns(
  document: RunDocument,
  { columns }: SummaryChoice,
  added: (rows: readonly RunProcess[]) => readonly SummaryColumn[] = addedColumns,
): readonly SummaryColumn[] {
  const wanted = columns.length === 0 ? (['default'] as const) : columns;
  const rows = document.units.flatMap((unit) => unit.processes);
  return [...new Set(wanted.flatMap((name) => (name === 'default' ? [...LEADING, ...added(rows)] : [name])))];
}

/** The columns of process rows that are shown. */
export function columnsOf(document: RunDocument, choice: SummaryChoice): readonly Column<RunProcess>[] {
  const all = processColumns(document);
  return shownColumns(document, choice).map((name) => all[name]);
}
