import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { Comparison, UnitComparison } from '../../comparison/comparison.ts';
import type { Judgement } from '../../comparison/conditions.ts';
import { codeSpan } from '../code-span.ts';
import { counted } from '../format.ts';
import { type FigureColumn, figureColumns, runsText, verdictLegend } from './figure-text.ts';
import { figuresOfAnything, notableFigures, notableNames } from './notable.ts';
import { findingSentence, headline, judgementSentence, nameNote, unitSentence } from './sentences.ts';

const TEXT_COLUMNS = 100;
/** Limits of findings of a condition and of names of a unit, and of units in the summary. */
const MOST_NAMES = 20;
const MOST_UNITS = 20;
/** Limits above the metrics: findings of all conditions together, of which each condition has at least one, and remarks. */
const MOST_FINDINGS = 60;
const MOST_REMARKS = 20;
/** A comment on GitHub has 65,536 characters at most. */
const MOST_CHARACTERS = 60_000;

/** The comparison for a pull request: verdict and conditions on top, all metrics folded below. */
export function renderComparisonMarkdown(comparison: Comparison, judgements: readonly Judgement[]): string {
  const { units, remarks, before, after } = comparison;
  const legend = verdictLegend(comparison);
  const sides = `before: ${runsText(before)}, after: ${runsText(after)}`;
  const top = [
    `### unitledger: ${outcome(judgements) ?? headline(comparison)}`,
    ...(judgements.length === 0 ? [] : [list(judgementLines(judgements))]),
    ...unitLines(units),
    `<sub>${sides}.</sub>`,
    ...(remarks.length === 0
      ? []
      : [
          limited(remarks.map(escaped), MOST_REMARKS)
            .map((remark) => `> ${remark}`)
            .join('\n>\n'),
        ]),
  ];
  const details = ['<details><summary>All metrics</summary>', ...(legend === null ? [] : [escaped(legend)])];
  const columns = figureColumns(comparison);
  let length = top.join('\n\n').length + 1_000;
  let shown = 0;
  for (const unit of units) {
    const block = unitBlock(unit, columns);
    if (length + block.length > MOST_CHARACTERS) break;
    length += block.length;
    details.push(block);
    shown++;
  }
  if (shown < units.length)
    details.push(`${counted(units.length - shown, 'more unit')} did not fit: \`--format json\` has all.`);
  return `${[...top, ...details, '</details>'].join('\n\n')}\n`;
}

function outcome(judgements: readonly Judgement[]): string | undefined {
  const found = judgements
    .flatMap(({ findings }) => findings)
    .filter((each) => each.outcome === 'regression');
  if (found.length > 0) return `${counted(found.length, 'regression')} :x:`;
  if (judgements.some(({ judged }) => judged === 0)) return 'a condition that cannot be evaluated :warning:';
  return judgements.length === 0 ? undefined : 'no regression :white_check_mark:';
}

function judgementLines(judgements: readonly Judgement[]): string[] {
  const most = Math.max(1, Math.min(MOST_NAMES, Math.floor(MOST_FINDINGS / judgements.length)));
  return judgements.flatMap((judgement) => {
    const { condition, findings } = judgement;
    if (findings.length === 0 || judgement.judged === 0) return [judgementSentence(judgement, quoted)];
    const shown = findings.slice(0, most).map((finding) => findingSentence(condition, finding, quoted));
    return findings.length > most ? [...shown, `and ${findings.length - most} more`] : shown;
  });
}

function unitLines(units: readonly UnitComparison[]): string[] {
  const lines = units.slice(0, MOST_UNITS).map((unit) => `**${quoted(unit.unit)}** ${unitSentence(unit)}`);
  if (units.length > MOST_UNITS) lines.push(`and ${counted(units.length - MOST_UNITS, 'more unit')}`);
  return lines.length === 0 ? [] : [list(lines)];
}

function unitBlock(unit: UnitComparison, columns: readonly FigureColumn[]): string {
  const parts = [`#### ${quoted(unit.unit)}`];
  if (unit.presence === 'neither') return [...parts, unitSentence(unit)].join('\n\n');
  parts.push(pipeTable(columns, figuresOfAnything(unit.figures)));
  const names = notableNames(unit);
  for (const each of names.slice(0, MOST_NAMES)) {
    const note = nameNote(each);
    parts.push(`${quoted(each.name)}${note === '' ? '' : ` (${note})`}`);
    parts.push(pipeTable(columns, notableFigures(each.figures)));
  }
  if (names.length > MOST_NAMES)
    parts.push(`and ${counted(names.length - MOST_NAMES, 'more name')} that differ`);
  const alike = unit.names.length - names.length;
  if (alike > 0) parts.push(`${counted(alike, 'name')} without a notable difference`);
  return parts.join('\n\n');
}

function pipeTable(columns: readonly FigureColumn[], figures: readonly ComparedFigure[]): string {
  const lines = [
    columns.map(({ title }) => title),
    columns.map(({ align }) => (align === 'right' ? '---:' : ':---')),
    ...figures.map((figure) => columns.map(({ cell }) => cell(figure))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function limited(lines: readonly string[], most: number): readonly string[] {
  const left = lines.length - most;
  return left <= 0 ? lines : [...lines.slice(0, most), `and ${left} more: \`--format json\` has all`];
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Remarks contain names of files, which are hostile text. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#|@~&!$:]/g, (character) => `&#${character.codePointAt(0)};`);
}

function quoted(text: string): string {
  return codeSpan(text, TEXT_COLUMNS);
}
