import type { RunDocument, RunUnit } from '../../ledger/run-document.ts';
import { codeSpan } from '../code-span.ts';
import { foldBriefProcesses } from './brief.ts';
import {
  type Column,
  exitedColumns,
  heaviestExitedFirst,
  heaviestFirst,
  LONG_TEXT_COLUMNS,
  type ProcessColumns,
  processColumns,
} from './columns.ts';
import {
  exitedSentence,
  exitRecordsSentence,
  exportSentence,
  ORDER_SENTENCE,
  runSentence,
  unitSentences,
} from './sentences.ts';

/** The summary in GitHub's Markdown, to be pasted into an issue: what the table says, as pipe tables. */
export function renderMarkdown(document: RunDocument): string {
  const columns = processColumns(document);
  const records = exitRecordsSentence(document.exitRecords);
  const blocks = [
    `## unitledger run\n\n${runSentence(document)}`,
    ...document.units.map((unit) => unitBlock(foldBriefProcesses(unit), columns)),
    ...(records === null ? [] : [`Exit records: ${records}`]),
    `Export: ${exportSentence(document.export)}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function unitBlock(unit: RunUnit, { leading, added, command }: ProcessColumns): string {
  const columns = [...leading, ...added, ...(command === undefined ? [] : [command])];
  const parts = [
    `### ${unitText(unit.unit)}`,
    unitSentences(unit, unitText)
      .map((line) => `- ${line}`)
      .join('\n'),
  ];
  if (unit.processes.length > 0) {
    parts.push(`Processes, ${ORDER_SENTENCE}:`, pipeTable(columns, heaviestFirst(unit.processes)));
  }
  if (unit.exited.length > 0) {
    const rows = heaviestExitedFirst(unit.exited);
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
