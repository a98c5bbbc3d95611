import { constants } from 'node:os';
import { styleText } from 'node:util';
import { signalOfExitCode } from '../../host/wait-status.ts';
import type {
  RunCommand,
  RunDocument,
  RunName,
  RunProcess,
  RunSubCgroup,
  RunUnit,
} from '../../ledger/document/run-document.ts';
import { cellText, counted, percent, subCgroupText } from '../format.ts';
import { foldBriefProcesses } from './brief.ts';
import { type Column, figure, LONG_TEXT_COLUMNS } from './column.ts';
import { exitedColumns } from './exited-columns.ts';
import { inOrder, namesInOrder, orderSentence, unitsInOrder } from './order.ts';
import { LEADING, processColumns, shownColumns, tableColumns } from './process-columns.ts';
import { exitRecordsSentence, outcomeLines, runSentence, unitSentences } from './sentences.ts';
import type { SummaryChoice, SummaryColumn } from './summary-columns.ts';
import { linesOf, tableLines, wrapped } from './table-lines.ts';
import { totalRow, UNIT_RANKS, unitColumns } from './unit-columns.ts';

const CPU_PERCENT = 'CPU%';

/** Titles of columns, most important first, for narrow terminals. */
const NARROW_RANKS = [
  'NAME',
  'COUNT',
  'CPU_S',
  CPU_PERCENT,
  'PEAK_MEM_MB',
  'DISK_TOTAL',
  'XFER_TOTAL',
  'RUNNING',
  'EXIT_CODES',
  'CANCELLED',
];

/** Layout of a table. */
export interface TableForm {
  /** Columns of the terminal; 0 or absent: no terminal. */
  readonly columns?: number | undefined;
  /** Whether headings are bold. */
  readonly bold?: boolean;
  /** Process rows of a unit; 15 if not given. */
  readonly rows?: number | undefined;
}

/** From this width on, process rows have the columns of the script that this program grew from. */
const WIDE_COLUMNS = 110;
/** Limits for one screen. */
const MOST_NAMES = 12;
const MOST_ROWS = 15;
const MOST_SUB_CGROUPS = 8;
/** Minimum width of a path; on a terminal, the values need the other columns. */
const LEAST_PATH = 24;
const FIGURES_BESIDE_PATH = 56;
const PATH_OF_PROCESS = 40;
/** Columns that a wide terminal always shows; others only if they fit. */
const WIDE = [...LEADING, 'cpu-time'] as const;
/** Process columns on narrow terminals in this order; and the same, most important first. */
const NARROW = [
  'pid',
  'name',
  'cpu-sum',
  'cpu.avg',
  'cpu.max',
  'memory.avg',
  'memory.max',
  'disk-total',
  'transfer-total',
] as const;
const NARROW_LAST = [
  'name',
  'pid',
  'cpu-sum',
  'cpu.avg',
  'memory.max',
  'cpu.max',
  'disk-total',
  'transfer-total',
  'memory.avg',
] as const;

/**
 * The summary for a terminal or a text file, at most a screen per unit: a table of the units if there are several; for each
 * its totals, its processes by name, and the heaviest ones. Lines of a table are not wrapped: a narrow terminal has fewer columns,
 * unless they were chosen. `renderTableEnd` has the outcome of the export, which may not be known yet.
 */
export function tableBodyLines(
  document: RunDocument,
  form: TableForm,
  choice: SummaryChoice,
): Iterable<string> {
  return linesOf(blocksOf(document, form, choice));
}

/** Blocks, separated by empty lines. */
function* blocksOf(
  document: RunDocument,
  form: TableForm,
  choice: SummaryChoice,
): Generator<Iterable<string>, void, undefined> {
  const width = form.columns ?? 0;
  const heading = (text: string) => (form.bold ? styleText('bold', text, { validateStream: false }) : text);
  const units = unitsInOrder(document.units);
  yield wrapped(`unitledger run ${runSentence(document)}`, width).map(heading);
  if (units.length > 1) {
    const rows = [...units, totalRow(units)];
    yield titled(tableLines(unitColumns(document), rows, { width, ranks: UNIT_RANKS }), heading);
  }
  const names = shownColumns(document, choice, tableColumns);
  for (const unit of units) yield* unitBlocks(unit, document, { ...form, heading, width, names }, choice);
  yield* closing(document, width);
}

/** The last lines of the table, after an empty one: the outcome of the export. */
export function renderTableEnd(document: RunDocument): string {
  return `\n${outcomeLines(document).join('\n')}\n`;
}

interface Layout extends TableForm {
  readonly width: number;
  /** Columns of process rows. */
  readonly names: readonly SummaryColumn[];
  heading(text: string): string;
}

function closing(document: RunDocument, width: number): string[][] {
  const command = commandSentence(document.command);
  const records = exitRecordsSentence(document);
  const lines = [command, records === null ? null : `Exit records: ${records}`].filter(
    (line) => line !== null,
  );
  return lines.length === 0 ? [] : [lines.flatMap((line) => wrapped(line, width))];
}

function* unitBlocks(
  unit: RunUnit,
  document: RunDocument,
  layout: Layout,
  choice: SummaryChoice,
): Generator<Iterable<string>, void, undefined> {
  const { heading, width } = layout;
  const sentences = unitSentences(unit, document.endedAt, unitText);
  yield [heading(unitText(unit.unit)), ...sentences.flatMap((line) => wrapped(`  ${line}`, width))];
  if (unit.names.length > 0) yield namesBlock(unit, layout, choice);
  if (unit.subCgroups.length > 0) yield subCgroupsBlock(unit, layout, choice);
  const { processes } = foldBriefProcesses(unit);
  if (processes.length > 0) yield processesBlock(processes, unit, document, layout, choice);
}

function namesBlock(unit: RunUnit, { heading, width, rows }: Layout, choice: SummaryChoice): string[] {
  const names = namesInOrder(unit.names, choice);
  const shown = names.slice(0, rows === undefined ? MOST_NAMES : Math.max(rows, MOST_NAMES));
  const left: readonly RunName[] = names.slice(shown.length);
  const table = tableLines(nameColumns(shown), shown, { width, ranks: NARROW_RANKS });
  const rest = left.length === 0 ? [] : [`… ${counted(left.length, 'more name')}: --summary json`];
  return [
    '  by name, own and reaped CPU',
    ...titled(table, heading),
    ...rest.flatMap((line) => wrapped(line, width)),
  ];
}

/** Like the block by name, by cgroup. */
function subCgroupsBlock(unit: RunUnit, { heading, width, rows }: Layout, choice: SummaryChoice): string[] {
  const room = width === 0 ? LONG_TEXT_COLUMNS : Math.max(LEAST_PATH, width - FIGURES_BESIDE_PATH);
  const named = unit.subCgroups.map(
    (row: RunSubCgroup): RunName => ({ ...row, name: row.subCgroup ?? '/', apportioned: false }),
  );
  const ordered = namesInOrder(named, choice);
  const shown = ordered.slice(0, Math.max(rows ?? 0, MOST_SUB_CGROUPS));
  const [, ...figures] = nameColumns(shown);
  const path = subCgroupColumn<RunName>(({ name }) => name, room);
  const table = tableLines([path, ...figures], shown, {
    width,
    ranks: ['SUB_CGROUP', ...NARROW_RANKS.slice(1)],
  });
  const left = ordered.length - shown.length;
  const rest = left === 0 ? [] : [`… ${counted(left, 'more cgroup')}: --summary json`];
  return [
    '  by cgroup, own and reaped CPU',
    ...titled(table, heading),
    ...rest.flatMap((line) => wrapped(line, width)),
  ];
}

function* processesBlock(
  processes: readonly RunProcess[],
  unit: RunUnit,
  document: RunDocument,
  layout: Layout,
  choice: SummaryChoice,
): Generator<string, void, undefined> {
  const { width, rows } = layout;
  const shown = inOrder(processes, document, choice).slice(0, rows ?? MOST_ROWS);
  yield `  processes, ${orderSentence(choice)}`;
  if (shown.length > 0) yield* titled(processTable(shown, document, layout, choice), layout.heading);
  const left = unit.totals.processesSeen - shown.length;
  if (left <= 0) return;
  const more = counted(left, 'more process', 'more processes');
  const where =
    processes.length > shown.length
      ? '--summary-rows all, --report FILE or --summary json'
      : 'only in the table by name; more by --report FILE or --summary json';
  yield* wrapped(`… ${more}: ${where}`, width);
}

/** Command lines are last, and are cut. */
function processTable(
  rows: readonly RunProcess[],
  document: RunDocument,
  { names, width }: Layout,
  choice: SummaryChoice,
): Iterable<string> {
  const all = processColumns(document);
  const last = names.includes('command') ? all.command : undefined;
  const pick = (wanted: readonly SummaryColumn[]): readonly Column<RunProcess>[] =>
    wanted.filter((name) => name !== 'command').map((name) => all[name]);
  if (choice.columns.length > 0) return tableLines(pick(names), rows, { width, last });
  const added = names.filter((name) => !(LEADING as readonly SummaryColumn[]).includes(name));
  if (width === 0) return tableLines(pick([...LEADING, ...added]), rows, { width, last });
  if (width < WIDE_COLUMNS)
    return tableLines(pick(NARROW), rows, { width, last, ranks: NARROW_LAST.map((name) => all[name].title) });
  const columns = [...LEADING, ...added].filter((name) => name !== 'command');
  const path = subCgroupColumn<RunProcess>(({ subCgroup }) => subCgroup, PATH_OF_PROCESS);
  const titles = (of: readonly SummaryColumn[]) => of.map((name) => all[name].title);
  return tableLines(
    columns.map((name) => (name === 'sub-cgroup' ? path : all[name])),
    rows,
    { width, last, ranks: titles([...WIDE, ...added]), always: titles(WIDE) },
  );
}

/** Paths in this width; text of a process, escaped. */
function subCgroupColumn<Row>(pathOf: (row: Row) => string | null, room: number): Column<Row> {
  return {
    title: 'SUB_CGROUP',
    align: 'left',
    textColumns: null,
    cell: (row) => subCgroupText(pathOf(row), room),
  };
}

function* titled(
  lines: Iterable<string>,
  heading: (text: string) => string,
): Generator<string, void, undefined> {
  let isTitle = true;
  for (const line of lines) {
    yield isTitle ? heading(line) : line;
    isTitle = false;
  }
}

function unitText(text: string): string {
  return cellText(text, LONG_TEXT_COLUMNS);
}

/** How the command of the run ended; null without one. */
function commandSentence(command: RunCommand | null): string | null {
  if (command === null) return null;
  const { exitCode } = command;
  if (exitCode === null) return 'Command: ended by unitledger at the end of --duration';
  const number = signalOfExitCode(exitCode);
  const signal = Object.entries(constants.signals).find(([, each]) => each === number);
  return signal === undefined
    ? `Command: exit code ${exitCode}`
    : `Command: exit code ${exitCode} (128 + ${signal[0]})`;
}

/** The columns of processes by name: like those of exited ones, with CPU over the run. */
function nameColumns(rows: readonly RunName[]): readonly Column<RunName>[] {
  const [name, count, cpu, ...rest] = exitedColumns(rows);
  const running = rows.some((row) => row.running > 0)
    ? [figure<RunName>('RUNNING', (row) => String(row.running))]
    : [];
  return [name!, count!, ...running, cpu!, figure(CPU_PERCENT, (row) => percent(row.cpuPercent)), ...rest];
}
