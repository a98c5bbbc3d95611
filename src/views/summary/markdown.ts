import type { RunDocument, RunProcess, RunUnit } from '../../ledger/document/run-document.ts';
import { codeSpan } from '../code-span.ts';
import { foldBriefProcesses } from './brief.ts';
import { type Column, LONG_TEXT_COLUMNS } from './column.ts';
import { exitedColumns } from './exited-columns.ts';
import { exitedInOrder, inOrder, orderSentence, unitsInOrder } from './order.ts';
import { columnsOf } from './process-columns.ts';
import {
  exitedSentence,
  exitRecordsSentence,
  outcomeLines,
  runSentence,
  unitSentences,
} from './sentences.ts';
import type { SummaryChoice } from './summary-columns.ts';
import { linesOf } from './table-lines.ts';
import { totalRow, unitColumns } from './unit-columns.ts';

/** The summary in GitHub's Markdown, for example for an issue: the content of the table as pipe tables. */
export function markdownLines(document: RunDocument, choice: SummaryChoice): Iterable<string> {
  return linesOf(blocksOf(document, choice));
}

/** Blocks, separated by empty lines. */
function* blocksOf(
  document: RunDocument,
  choice: SummaryChoice,
): Generator<Iterable<string>, void, undefined> {
  const columns = columnsOf(document, choice);
  const records = exitRecordsSentence(document);
  const units = unitsInOrder(document.units);
  yield ['## unitledger run'];
  yield [runSentence(document)];
  if (units.length > 1) yield pipeTable(unitColumns(document), [...units, totalRow(units)]);
  for (const unit of units) yield* unitBlocks(foldBriefProcesses(unit), document, columns, choice);
  if (records !== null) yield [`Exit records: ${records}`];
  for (const line of outcomeLines(document)) yield [line];
}

function* unitBlocks(
  unit: RunUnit,
  document: RunDocument,
  columns: readonly Column<RunProcess>[],
  choice: SummaryChoice,
): Generator<Iterable<string>, void, undefined> {
  yield [`### ${unitText(unit.unit)}`];
  yield unitSentences(unit, document.endedAt, unitText).map((line) => `- ${line}`);
  if (unit.processes.length > 0) {
    yield [`Processes, ${orderSentence(choice)}:`];
    yield pipeTable(columns, inOrder(unit.processes, document, choice));
  }
  if (unit.exited.length > 0) {
    const rows = exitedInOrder(unit.exited, choice);
    yield [`${exitedSentence(rows)}:`];
    yield pipeTable(exitedColumns(rows), rows);
  }
}

function* pipeTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Generator<string, void, undefined> {
  const lineOf = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  yield lineOf(columns.map((column) => column.title));
  yield lineOf(columns.map((column) => (column.align === 'right' ? '---:' : ':---')));
  for (const row of rows) yield lineOf(columns.map((column) => pipeCell(column, row)));
}

function pipeCell<Row>({ cell, textColumns }: Column<Row>, row: Row): string {
  const text = cell(row);
  if (textColumns === null) return text;
  // GitHub splits the cells of a table before it finds code spans: a pipe needs its backslash in them, too.
  return codeSpan(text, textColumns).replaceAll('|', '\\|');
}

function unitText(text: string): string {
  return codeSpan(text, LONG_TEXT_COLUMNS);
}
