import { QUANTITIES, QUANTITY_NAMES, type Quantity } from '../../../ledger/document/quantities.ts';
import { cellText } from '../../format.ts';
import type { LiveFrame, LiveUnit } from '../model/frame.ts';
import { FIGURES, type Figure, type History } from '../model/histories.ts';
import { type Grid, widthOf } from '../terminal/grid.ts';
import { PLAIN, STYLE, type Style } from '../terminal/style.ts';
import {
  coverageFacts,
  deliveryFacts,
  type Fact,
  levelFact,
  memoryFacts,
  pressureFacts,
  runFacts,
  throttlingFacts,
  unitFacts,
} from './facts.ts';
import { highest, sparkline } from './sparkline.ts';

/** Content above the table. */
export interface Heading {
  readonly frame: LiveFrame;
  /** All units together. */
  readonly whole: LiveUnit;
  readonly history: History | undefined;
  /** Status of the source of the frames, such as the time in a recording. Printable; may be empty. */
  readonly note: string;
}

const LABEL = 10;
const FIGURE = 11;
const SEPARATOR = ', ';
/** Minimum width of sparklines. */
const LEAST_SPARK = 8;
const MOST_SPARK = 100;

interface Line {
  readonly label: string;
  readonly figure: Figure;
  readonly text: string;
  readonly style: Style;
  readonly facts: readonly Fact[];
}

/** Number of lines of the heading on a screen with this many lines. */
export function headingLines(rows: number): number {
  if (rows >= 20) return 6;
  return rows >= 14 ? 4 : 2;
}

/** Draws the heading at the top of the screen. */
export function drawHeader(grid: Grid, lines: number, heading: Heading): void {
  const { frame, whole } = heading;
  drawTitle(grid, heading);
  if (lines <= 2) {
    if (lines === 2) drawCompact(grid, 1, heading);
    return;
  }
  const all = linesOf(whole);
  const shown = lines >= 6 ? all : all.slice(0, 2);
  const facts = Math.max(...shown.map((line) => widthOfFacts(line.facts)));
  const room = grid.columns - LABEL - FIGURE - 2;
  const spark = Math.min(MOST_SPARK, Math.max(LEAST_SPARK, room - facts - 2));
  for (const [at, line] of shown.entries()) drawLine(grid, at + 1, line, spark, heading);
  drawFacts(
    grid,
    shown.length + 1,
    0,
    [...deliveryFacts(frame), ...(lines < 6 ? alertsOf(heading) : [])],
    ' Export   ',
  );
}

/** What stands behind the value and the history of each quantity. */
const FACTS: Readonly<Record<Quantity, (whole: LiveUnit) => readonly Fact[]>> = {
  cpu: coverageFacts,
  memory: memoryFacts,
  disk: pressureFacts,
  transfer: throttlingFacts,
};

function linesOf(whole: LiveUnit): Line[] {
  return QUANTITY_NAMES.map((quantity) => {
    const { title, field } = QUANTITIES[quantity];
    return { label: title, figure: field, ...levelFact(whole, quantity), facts: FACTS[quantity](whole) };
  });
}

/** Targets and elapsed time; without room, parts are left out from the end. */
function drawTitle(grid: Grid, { frame, whole, note }: Heading): void {
  const right =
    note === '' ? runFacts(frame) : [{ text: note, style: STYLE.warn }, ...runFacts(frame).slice(0, 1)];
  const rightWidth = widthOfFacts(right);
  const name = cellText(whole.name, Math.max(8, Math.min(60, grid.columns - 14)));
  const at = grid.put(0, 1, name, STYLE.title);
  // The time has priority over other facts about the unit.
  const fits = (facts: readonly Fact[]) => at + 2 + widthOfFacts(facts) < grid.columns;
  let shownRight: readonly Fact[] = right;
  while (shownRight.length > 1 && !fits(shownRight)) shownRight = shownRight.slice(0, -1);
  if (!fits(shownRight)) shownRight = [];
  const start = grid.columns - 1 - widthOfFacts(shownRight);
  const room = start - at - 4;
  let left: readonly Fact[] = unitFacts(frame.units, whole);
  while (left.length > 0 && widthOfFacts(left) > room) left = left.slice(0, -1);
  drawFacts(grid, 0, at + 2, left);
  if (rightWidth > 0) drawFacts(grid, 0, start, shownRight);
}

/** The most important values on one line. */
function drawCompact(grid: Grid, line: number, heading: Heading): void {
  const { whole } = heading;
  const level = (quantity: Quantity, label: string): Fact => {
    const { text, style } = levelFact(whole, quantity);
    return { text: label + text, style };
  };
  const facts: Fact[] = [
    level('cpu', 'CPU '),
    level('memory', ''),
    ...alertsOf(heading),
    ...coverageFacts(whole).slice(0, 1),
    level('disk', 'disk '),
    level('transfer', 'transfer '),
  ];
  drawFacts(grid, line, 1, facts);
}

/** Warnings that must be visible on the smallest screen. */
function alertsOf({ frame, whole }: Heading): Fact[] {
  const facts = [
    ...memoryFacts(whole),
    ...throttlingFacts(whole),
    ...pressureFacts(whole),
    ...deliveryFacts(frame),
  ];
  return facts.filter(({ style }) => style === STYLE.bad);
}

function drawLine(
  grid: Grid,
  row: number,
  line: Line,
  sparkWidth: number,
  { history, frame }: Heading,
): void {
  grid.put(row, 1, line.label, STYLE.strong, LABEL - 1);
  grid.put(row, LABEL + FIGURE - line.text.length, line.text, line.style);
  const at = LABEL + FIGURE + 1;
  if (history !== undefined) {
    const values = history.recent.resampled(FIGURES.indexOf(line.figure), sparkWidth, frame.atSeconds);
    grid.put(row, at, sparkline(values, scaleOf(line.figure, values)), STYLE.spark, sparkWidth);
  }
  drawFacts(grid, row, at + sparkWidth + 2, line.facts);
}

/** Otherwise tiny CPU values of an idle unit would fill the sparkline. */
function scaleOf(figure: Figure, values: ArrayLike<number>): number {
  return Math.max(highest(values), figure === 'cpuPercent' ? 5 : 1024);
}

/** Facts separated by commas; those without room are left out from the end. */
function drawFacts(grid: Grid, row: number, from: number, facts: readonly Fact[], label = ''): void {
  let at = grid.put(row, from, label, STYLE.strong);
  for (const [index, { text, style }] of facts.entries()) {
    const separator = index === 0 ? '' : SEPARATOR;
    const room = grid.columns - at - separator.length;
    if (widthOf(text) > room && index > 0) return;
    at = grid.put(row, at, separator, PLAIN);
    at = grid.put(row, at, text, style);
  }
}

function widthOfFacts(facts: readonly Fact[]): number {
  return facts.reduce((sum, { text }) => sum + widthOf(text) + SEPARATOR.length, -SEPARATOR.length);
}
