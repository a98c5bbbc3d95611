import type { RunDocument, RunProcess } from '../../ledger/document/run-document.ts';
import type { Column } from './column.ts';
import { addedColumns, LEADING, processColumns } from './process-columns.ts';
import type { SummaryChoice, SummaryColumn } from './summary-columns.ts';

/** The names of the shown columns of process rows, each once. `added`: default columns in addition to the leading ones. */
export function shownColumns(
  document: RunDocument,
  { columns }: SummaryChoice,
  added: (rows: readonly RunProcess[]) => readonly SummaryColumn[] = addedColumns,
): readonly SummaryColumn[] {
  const wanted = columns.length === 0 ? (['default'] as const) : columns;
  const rows = document.units.flatMap((unit) => unit.processes);
  return [...new Set(wanted.flatMap((name) => (name === 'default' ? [...LEADING, ...added(rows)] : [name])))];
}

/** The shown columns of process rows. */
export function columnsOf(document: RunDocument, choice: SummaryChoice): readonly Column<RunProcess>[] {
  const all = processColumns(document);
  return shownColumns(document, choice).map((name) => all[name]);
}
