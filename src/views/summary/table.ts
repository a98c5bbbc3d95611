import type { RunDocument, RunProcess, RunUnit } from '../../ledger/document/run-document.ts';
import { cellText } from '../format.ts';
import { foldBriefProcesses } from './brief.ts';
import { NO_CHOICE, type SummaryChoice, shownColumns } from './choice.ts';
import { type Column, LONG_TEXT_COLUMNS } from './column.ts';
import { exitedColumns } from './exited-columns.ts';
import { exitedInOrder, inOrder, orderSentence } from './order.ts';
import { type ColumnName, LEADING, processColumns } from './process-columns.ts';
import {
  exitedSentence,
  exitRecordsSentence,
  exportSentence,
  runSentence,
  unitSentences,
} from './sentences.ts';
import { type ColumnGroups, tablesOf } from './table-lines.ts';
import { unitColumns } from './unit-columns.ts';

/**
 * The summary for a terminal or a text file: the units side by side where there are several, for each what it used, then
 * its processes, then the exited ones that were folded by name, then what became of the export. No colours.
 * `terminalColumns` is how wide the terminal is (0: it does not say): columns that do not fit follow in further tables
 * with the same rows, and command lines are cut.
 */
export function renderTable(
  document: RunDocument,
  terminalColumns = 0,
  choice: SummaryChoice = NO_CHOICE,
): string {
  return renderTableBody(document, terminalColumns, choice) + renderTableEnd(document);
}

/** The table up to the outcome of the export, which can be rendered before that is known. */
export function renderTableBody(
  document: RunDocument,
  terminalColumns = 0,
  choice: SummaryChoice = NO_CHOICE,
): string {
  const records = exitRecordsSentence(document.exitRecords);
  const groups = processGroups(document, choice);
  const blocks = [
    [`unitledger run ${runSentence(document)}`],
    ...unitsBlocks(document, terminalColumns),
    ...document.units.flatMap((unit) =>
      unitBlocks(foldBriefProcesses(unit), document, groups, terminalColumns, choice),
    ),
    ...(records === null ? [] : [[`Exit records: ${records}`]]),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The last line of the table, after an empty one: the outcome of the export. */
export function renderTableEnd(document: RunDocument): string {
  return `\nExport: ${exportSentence(document.export)}\n`;
}

function unitsBlocks(document: RunDocument, terminalColumns: number): string[][] {
  if (document.units.length < 2) return [];
  const [unit, ...figures] = unitColumns(document);
  const groups = { identity: [unit!], groups: [[unit!, ...figures]], last: undefined };
  return tablesOf(groups, document.units, terminalColumns);
}

function unitBlocks(
  unit: RunUnit,
  document: RunDocument,
  groups: ColumnGroups<RunProcess>,
  terminalColumns: number,
  choice: SummaryChoice,
): string[][] {
  const sentences = unitSentences(unit, document.endedAt, unitText);
  const heading = [unitText(unit.unit), ...sentences.map((line) => `  ${line}`)];
  const blocks: string[][] = [];
  if (unit.processes.length > 0) {
    const rows = inOrder(unit.processes, document, choice);
    const [first, ...rest] = tablesOf(groups, rows, terminalColumns);
    blocks.push([...heading, `  ${orderSentence(choice)}`, ...(first ?? [])], ...rest);
  } else {
    blocks.push(heading);
  }
  if (unit.exited.length > 0) {
    const rows = exitedInOrder(unit.exited, choice);
    const table = { identity: [], groups: [exitedColumns(rows)], last: undefined };
    blocks.push([`  ${exitedSentence(rows)}`, ...tablesOf(table, rows, 0).flat()]);
  }
  return blocks;
}

function unitText(text: string): string {
  return cellText(text, LONG_TEXT_COLUMNS);
}

/** Command lines stand last. Without a choice, the first columns stay together. */
function processGroups(document: RunDocument, choice: SummaryChoice): ColumnGroups<RunProcess> {
  const all = processColumns(document);
  const names = shownColumns(document, choice).filter((name) => name !== 'command');
  const isLeading = (name: ColumnName) => (LEADING as readonly ColumnName[]).includes(name);
  const groups =
    choice.columns.length > 0 ? [names] : [names.filter(isLeading), names.filter((name) => !isLeading(name))];
  return {
    identity: [all.pid, all.name],
    groups: groups.map((group): readonly Column<RunProcess>[] => group.map((name) => all[name])),
    last: shownColumns(document, choice).includes('command') ? all.command : undefined,
  };
}
