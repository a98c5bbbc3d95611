import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { ComparedRun } from '../../comparison/compared-run.ts';
import type { Comparison, UnitComparison } from '../../comparison/comparison.ts';
import type { Judgement } from '../../comparison/conditions.ts';
import { alignRows, cellText, counted } from '../format.ts';
import { wrapText } from '../wrap-text.ts';
import { type FigureColumn, figureColumns, runsText, verdictLegend, verdictText } from './figure-text.ts';
import { figuresOfAnything, notableFigures, notableNames } from './notable.ts';
import { findingSentence, headline, judgementSentence, nameNote, unitSentence } from './sentences.ts';

const COLUMNS = 100;
const TEXT_COLUMNS = 100;
/** Maximum number of names shown for a unit. */
const MOST_NAMES = 12;
/** Maximum number of files named for a side. */
const MOST_FILES = 4;

const RED = '\x1b[31m';
const GREEN = '\x1b[32m';
const BOLD = '\x1b[1m';
const PLAIN = '\x1b[0m';

/** Properties of the destination of a comparison. */
export interface ComparisonPlace {
  readonly hasColours: boolean;
}

/** The comparison for a terminal or a text file: for each unit its metrics, then the names that differ. */
export function renderComparisonTable(
  comparison: Comparison,
  judgements: readonly Judgement[],
  { hasColours }: ComparisonPlace,
): string {
  const paint = (colour: string, text: string) => (hasColours ? `${colour}${text}${PLAIN}` : text);
  const columns = figureColumns(comparison);
  const legend = verdictLegend(comparison);
  const blocks = [
    [
      paint(BOLD, `unitledger compare: ${headline(comparison)}`),
      `before  ${sideText(comparison.before)}`,
      `after   ${sideText(comparison.after)}`,
    ],
    comparison.remarks.flatMap((remark) => hanging(remark)),
    ...(legend === null ? [] : [hanging(legend)]),
    ...comparison.units.map((unit) => unitLines(unit, columns, paint)),
    ...(judgements.length === 0 ? [] : [judgements.flatMap((judgement) => judgementLines(judgement, paint))]),
  ];
  const shown = blocks.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

type Paint = (colour: string, text: string) => string;

function unitLines(unit: UnitComparison, columns: readonly FigureColumn[], paint: Paint): string[] {
  const heading = [paint(BOLD, quoted(unit.unit)), `  ${unitSentence(unit)}`];
  if (unit.presence === 'neither') return heading;
  const names = notableNames(unit);
  const shown = names.slice(0, MOST_NAMES);
  const groups = shown.map((each) => ({
    heading: `  ${quoted(each.name)}${nameNote(each) === '' ? '' : ` (${nameNote(each)})`}`,
    figures: notableFigures(each.figures),
  }));
  const own = figuresOfAnything(unit.figures);
  const figures = [...own, ...groups.flatMap((group) => group.figures)];
  const [titles, ...rows] = alignRows(
    columns.map(({ align }) => align),
    [columns.map(({ title }) => title), ...figures.map((figure) => columns.map(({ cell }) => cell(figure)))],
  );
  const lines = rows.map((row, at) => `    ${painted(row.trimEnd(), figures[at]!, paint)}`);
  let next = own.length;
  return [
    ...heading,
    `    ${titles!.trimEnd()}`,
    ...lines.slice(0, next),
    ...groups.flatMap((group) => {
      const from = next;
      next += group.figures.length;
      return [group.heading, ...lines.slice(from, next)];
    }),
    ...restLines(unit, names.length, shown.length),
  ];
}

function restLines({ names }: UnitComparison, notable: number, shown: number): string[] {
  const alike = names.length - notable;
  return [
    ...(notable > shown
      ? [`  and ${counted(notable - shown, 'more name')} that differ: --format json has all`]
      : []),
    ...(alike > 0 ? [`  ${counted(alike, 'name')} without a notable difference`] : []),
  ];
}

/** The verdict is at the end of the line. Only a confirmed one is coloured. */
function painted(row: string, figure: ComparedFigure, paint: Paint): string {
  const { verdict } = figure;
  if (verdict !== 'more' && verdict !== 'less') return row;
  const text = verdictText(figure);
  return row.slice(0, -text.length) + paint(verdict === 'more' ? RED : GREEN, text);
}

function judgementLines(judgement: Judgement, paint: Paint): string[] {
  const { condition, findings, judged } = judgement;
  const found = findings.some(({ outcome }) => outcome === 'regression');
  const sentence = `--fail-if ${judgementSentence(judgement, quoted)}`;
  return [
    paint(found || judged === 0 ? RED : GREEN, sentence),
    ...findings.map((finding) => `  ${findingSentence(condition, finding, quoted)}`),
  ];
}

function sideText(runs: readonly ComparedRun[]): string {
  const files = runs.slice(0, MOST_FILES).map(({ file }) => quoted(file));
  if (runs.length > MOST_FILES) files.push(`${runs.length - MOST_FILES} more`);
  return `${runsText(runs)}: ${files.join(', ')}`;
}

function hanging(text: string): string[] {
  return wrapText(text, COLUMNS - 2).map((line, at) => (at === 0 ? line : `  ${line}`));
}

function quoted(text: string): string {
  return cellText(text, TEXT_COLUMNS);
}
