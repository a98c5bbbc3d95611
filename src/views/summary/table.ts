import stringWidth from 'string-width';
import type { RunDocument, RunProcess, RunUnit } from '../../ledger/run-document.ts';
import { alignRows, cellText, GAP } from '../format.ts';
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

/** What a command line may take at least. */
const LEAST_COMMAND_COLUMNS = 20;

/**
 * The summary for a terminal or a text file: for each unit what it used, then its processes, then the exited ones
 * that were folded by name, then what became of the export. No colours. `terminalColumns` is how wide the terminal
 * is (0: it does not say): where the rows do not fit, the added columns follow as rows of their own below, and command lines are cut.
 */
export function renderTable(document: RunDocument, terminalColumns?: number): string {
  const columns = processColumns(document);
  const records = exitRecordsSentence(document.exitRecords);
  const blocks = [
    [`unitledger run ${runSentence(document)}`],
    ...document.units.flatMap((unit) => unitBlocks(foldBriefProcesses(unit), columns, terminalColumns)),
    ...(records === null ? [] : [[`Exit records: ${records}`]]),
    [`Export: ${exportSentence(document.export)}`],
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function unitBlocks(unit: RunUnit, columns: ProcessColumns, terminalColumns: number | undefined): string[][] {
  const heading = [unitText(unit.unit), ...unitSentences(unit, unitText).map((line) => `  ${line}`)];
  const blocks: string[][] = [];
  if (unit.processes.length > 0) {
    const rows = heaviestFirst(unit.processes);
    const [first, ...rest] = processTables(rows, columns, terminalColumns);
    blocks.push([...heading, `  ${ORDER_SENTENCE}`, ...(first ?? [])], ...rest);
  } else {
    blocks.push(heading);
  }
  if (unit.exited.length > 0) {
    const rows = heaviestExitedFirst(unit.exited);
    blocks.push([`  ${exitedSentence(rows)}`, ...tableLines(exitedColumns(rows), rows)]);
  }
  return blocks;
}

function unitText(text: string): string {
  return cellText(text, LONG_TEXT_COLUMNS);
}

/** One table where it fits, else two, both with all rows in the same order. */
function processTables(
  rows: readonly RunProcess[],
  { leading, added, identity, command }: ProcessColumns,
  terminalColumns: number | undefined,
): string[][] {
  const whole = tableLines([...leading, ...added], rows);
  const least = widthOf(whole) + (command === undefined ? 0 : GAP.length + LEAST_COMMAND_COLUMNS);
  if (!terminalColumns || least <= terminalColumns) {
    return [withCommands(whole, rows, command, terminalColumns)];
  }
  return [
    tableLines(leading, rows),
    [
      '  the same rows, continued',
      ...withCommands(tableLines([...identity, ...added], rows), rows, command, terminalColumns),
    ],
  ];
}

function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  return alignRows(
    columns.map((column) => column.align),
    [
      columns.map((column) => column.title),
      ...rows.map((row) =>
        columns.map((column) =>
          column.textColumns === null ? column.cell(row) : cellText(column.cell(row), column.textColumns),
        ),
      ),
    ],
  );
}

/** Command lines stand last and are not filled up: each ends where it ends. */
function withCommands(
  lines: readonly string[],
  rows: readonly RunProcess[],
  command: Column<RunProcess> | undefined,
  terminalColumns: number | undefined,
): string[] {
  if (command === undefined) return [...lines];
  const room = terminalColumns
    ? Math.max(LEAST_COMMAND_COLUMNS, terminalColumns - widthOf(lines) - GAP.length)
    : LONG_TEXT_COLUMNS;
  return lines.map((line, at) => {
    const row = rows[at - 1];
    return `${line}${GAP}${row === undefined ? command.title : cellText(command.cell(row), room)}`;
  });
}

/** All lines of a table are equally wide. */
function widthOf(lines: readonly string[]): number {
  return stringWidth(lines[0] ?? '');
}
