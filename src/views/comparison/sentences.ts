import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { Comparison, NameComparison, UnitComparison } from '../../comparison/comparison.ts';
import type { Condition, Finding, Judgement } from '../../comparison/conditions.ts';
import { differenceText, intervalText, levelText, ratioText, UNCONFIRMED } from './figure-text.ts';
import { headFigures, isNotable, NOTABLE_PERCENT } from './notable.ts';

/** A unit's CPU and memory in one line. */
export function unitSentence(unit: UnitComparison): string {
  switch (unit.presence) {
    case 'neither':
      return 'never seen, neither before nor after';
    case 'before':
      return 'only before: never seen after';
    case 'after':
      return 'only after: never seen before';
    case 'both':
      return headFigures(unit).map(figurePhrase).join('; ');
  }
}

/** `cpu.avg 31.0% → 34.8%, +12.1% (+9.8%..+14.4%)`; `…, +12.1%, unconfirmed` with a single run on a side. */
function figurePhrase(figure: ComparedFigure): string {
  const { metric, before, after, ratio, interval, verdict } = figure;
  const levels = `${metric} ${levelText(metric, before?.mean ?? null)} → ${levelText(metric, after?.mean ?? null)}`;
  if (verdict === 'same') return `${levels}, within run-to-run noise`;
  const doubt = isNotable(figure) ? `, ${UNCONFIRMED}` : '';
  const sure = interval === null ? doubt : ` (${intervalText(figure)})`;
  return `${levels}${ratio === null ? '' : `, ${ratioText(ratio)}`}${sure}`;
}

/** Note for a name that is only on one side. */
export function nameNote({ presence }: NameComparison): string {
  if (presence === 'both') return '';
  return presence === 'after' ? 'new: not seen before' : 'gone: not seen after';
}

/**
 * The whole comparison in a few words. `heavier` and `lighter` need repeated runs on both sides; with a single run on a
 * side a difference is `higher, unconfirmed` or `lower, unconfirmed`.
 */
export function headline({ units }: Pick<Comparison, 'units'>): string {
  const figures = units.filter(({ presence }) => presence === 'both').flatMap(headFigures);
  if (figures.length === 0) return 'nothing in common';
  const hasIntervals = figures.some(({ interval }) => interval !== null);
  const [up, down] = hasIntervals ? ['heavier', 'lighter'] : ['higher', 'lower'];
  const end = hasIntervals ? '' : `, ${UNCONFIRMED}`;
  const changed = figures.filter((each) => isNotable(each) && (!hasIntervals || each.interval !== null));
  const more = changed.some(({ difference }) => (difference ?? 0) > 0);
  const less = changed.some(({ difference }) => (difference ?? 0) < 0);
  if (more && less) return `${up} in part, ${down} in part${end}`;
  if (more || less) return `${more ? up : down}${end}`;
  return hasIntervals
    ? 'no difference beyond run-to-run noise'
    : `no difference of ${NOTABLE_PERCENT}% or more`;
}

/** Escapes hostile text for one view. */
type Quote = (text: string) => string;

const OUTCOMES: Readonly<Record<Finding['outcome'], string>> = {
  regression: 'regression',
  unsure: 'not sure',
  unknown: 'not known',
  ok: 'ok',
};

/** The result of a condition for one unit or name: `regression (cpu.avg>+10%): nginx.service …`. */
export function findingSentence({ text }: Condition, finding: Finding, quote: Quote): string {
  const { unit, name, figure, outcome } = finding;
  const what = name === null ? quote(unit) : `${quote(name)} of ${quote(unit)}`;
  return `${OUTCOMES[outcome]} (${quote(text)}): ${what}, ${figureSentence(finding, figure)}`;
}

/** The result of a condition as a whole. */
export function judgementSentence({ condition, findings, judged }: Judgement, quote: Quote): string {
  const text = quote(condition.text);
  if (judged === 0) return `cannot evaluate ${text}: no matching unit or name has this metric on both sides`;
  const regressions = findings.filter(({ outcome }) => outcome === 'regression').length;
  if (regressions > 0) return `${text}: met in ${regressions} of ${judged}`;
  return `${text}: not met`;
}

function figureSentence({ outcome }: Finding, figure: Finding['figure']): string {
  if (figure === null) return 'without this metric';
  const { metric, before, after, difference, ratio, interval, isComparable } = figure;
  const levels = `${levelText(metric, before?.mean ?? null)} before, ${levelText(metric, after?.mean ?? null)} after`;
  const change = difference === null ? '' : `: ${differenceText(metric, difference)}, ${ratioText(ratio)}`;
  const doubt = difference === null || difference === 0 ? '' : `, ${UNCONFIRMED}`;
  const sure = interval === null ? doubt : ` (${intervalText(figure)})`;
  const noise = outcome === 'unsure' ? '; within run-to-run noise: add more runs' : '';
  const lengths = isComparable ? '' : '; the runs differ in length, and this metric depends on it';
  return `${metric} ${levels}${change}${sure}${noise}${lengths}`;
}
