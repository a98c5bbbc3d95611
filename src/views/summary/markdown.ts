import type { RunDocument, RunProcess, RunUnit } from '../../ledger/document/run-document.ts';
import { codeSpan } from '../code-span.ts';
import { foldBriefProcesses } from './brief.ts';
import { columnsOf, NO_CHOICE, type SummaryChoice } from './choice.ts';
import { type Column, LONG_TEXT_COLUMNS } from './column.ts';
import { exitedColumns } from './exited-columns.ts';
import { exitedInOrder, inOrder, orderSentence, unitsInOrder } from './order.ts';
import {
  exitedSentence,
  exitRecordsSentence,
  exportSentence,
  runSentence,
  unitSentences,
} from './sentences.ts';
import { totalRow, unitColumns } from './unit-columns.ts';

/** The summary in GitHub's Markdown, to be pasted into an issue: what the table says, as pipe tables. */
export function renderMarkdown(document: RunDocument, choice: SummaryChoice = NO_CHOICE): string {
  const columns = columnsOf(document, choice);
  const records = exitRecordsSentence(document.exitRecords);
  const units = unitsInOrder(document.units);
  const blocks = [
    `## unitledger run\n\n${runSentence(document)}`,
    ...(units.length > 1 ? [pipeTable(unitColumns(document), [...units, totalRow(units)])] : []),
    ...units.map((unit) => unitBlock(foldBriefProcesses(unit), document, columns, choice)),
    ...(records === null ? [] : [`Exit records: ${records}`]),
    `Export: ${exportSentence(document.export)}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function unitBlock(
  unit: RunUnit,
  document: RunDocument,
  columns: readonly Column<RunProcess>[],
  choice: SummaryChoice,
): string {
  const parts = [
    `### ${unitText(unit.unit)}`,
    unitSentences(unit, document.endedAt, unitText)
      .map((line) => `- ${line}`)
      .join('\n'),
  ];
  if (unit.processes.length > 0) {
    const rows = inOrder(unit.processes, document, choice);
    parts.push(`Processes, ${orderSentence(choice)}:`, pipeTable(columns, rows));
  }
  if (unit.exited.length > 0) {
    const rows = exitedInOrder(unit.exited, choice);
    parts.push(`Processes that ${exitedSentence(rows)}:`, pipeTable(exitedColumns(rows), rows));
  }
  return parts.join('\n\n');
}

function pipeTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map((column) => column.title),
    columns.map((column) => (column.align === 'right' ? '---:' : ':---')),
    ...rows.map((row) =>
      columns.map((column) => {
        const text = column.cell(row);
        if (column.textColumns === null) return text;
        // The cells of a table are parted before code spans are found: a pipe needs its backslash in them too.
        return codeSpan(text, column.textColumns).replaceAll('|', '\\|');
      }),
    ),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function unitText(text: string): string {
  return codeSpan(text, LONG_TEXT_COLUMNS);
}
