import type { RunDocument, RunProcess } from '../../ledger/document/run-document.ts';
import type { Column } from './column.ts';
import { addedColumns, type ColumnName, LEADING, processColumns } from './process-columns.ts';

/** One thing that rows are sorted by. */
export interface SortKey {
  readonly column: ColumnName;
  /** Of a column that holds a statistic; its maximum if not given. */
  readonly measure: 'min' | 'max' | 'avg' | 'p95' | null;
  /** Of figures the highest first, of texts, numbers of processes and times the lowest, if not given. */
  readonly direction: 'asc' | 'desc' | null;
}

/** What a summary shows of processes, and in which order. */
export interface SummaryChoice {
  /** In this order; `default` stands for those that there are without a choice, which none is too. */
  readonly columns: readonly (ColumnName | 'default')[];
  /** The first counts most. None: each form has its own order. */
  readonly sort: readonly SortKey[];
}

/** Nothing was chosen. */
export const NO_CHOICE: SummaryChoice = { columns: [], sort: [] };

/** The columns of process rows that are shown, by name; each once. `added`: those without a choice, beyond the leading ones. */
export function shownColumns(
  document: RunDocument,
  { columns }: SummaryChoice,
  added: (rows: readonly RunProcess[]) => readonly ColumnName[] = addedColumns,
): readonly ColumnName[] {
  const wanted = columns.length === 0 ? (['default'] as const) : columns;
  const rows = document.units.flatMap((unit) => unit.processes);
  return [...new Set(wanted.flatMap((name) => (name === 'default' ? [...LEADING, ...added(rows)] : [name])))];
}

/** The columns of process rows that are shown. */
export function columnsOf(document: RunDocument, choice: SummaryChoice): readonly Column<RunProcess>[] {
  const all = processColumns(document);
  return shownColumns(document, choice).map((name) => all[name]);
}
