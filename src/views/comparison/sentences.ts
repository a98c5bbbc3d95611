import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { Comparison, NameComparison, UnitComparison } from '../../comparison/comparison.ts';
import { intervalText, levelText, ratioText, UNCONFIRMED } from './figure-text.ts';
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
