import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { NameComparison, UnitComparison } from '../../comparison/comparison.ts';
import { intervalText, levelText, ratioText } from './figure-text.ts';
import { headFigures, isNotable } from './notable.ts';

/** What there is to say of a unit in one line: its CPU and its memory. */
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

/** `cpu.avg 31.0% → 34.8%, +12.1% (+9.8%..+14.4%)` */
function figurePhrase(figure: ComparedFigure): string {
  const { metric, before, after, ratio, interval, verdict } = figure;
  const levels = `${metric} ${levelText(metric, before?.mean ?? null)} → ${levelText(metric, after?.mean ?? null)}`;
  if (verdict === 'same') return `${levels}, no difference that stands out`;
  const sure = interval === null ? '' : ` (${intervalText(figure)})`;
  return `${levels}${ratio === null ? '' : `, ${ratioText(ratio)}`}${sure}`;
}

/** What the name is, where it is not on both sides. */
export function nameNote({ presence }: NameComparison): string {
  if (presence === 'both') return '';
  return presence === 'after' ? 'new: not seen before' : 'gone: not seen after';
}

/** The whole comparison in a few words: `heavier`, `lighter`, … */
export function headline(units: readonly UnitComparison[]): string {
  const figures = units.filter(({ presence }) => presence === 'both').flatMap(headFigures);
  if (figures.length === 0) return 'nothing in common';
  const changed = figures.filter(isNotable);
  const more = changed.some(({ difference }) => (difference ?? 0) > 0);
  const less = changed.some(({ difference }) => (difference ?? 0) < 0);
  if (more && less) return 'heavier in part, lighter in part';
  if (more) return 'heavier';
  return less ? 'lighter' : 'no difference that stands out';
}
