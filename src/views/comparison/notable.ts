import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { NameComparison, UnitComparison } from '../../comparison/comparison.ts';
import type { MetricName } from '../../comparison/metrics.ts';

/** Without an interval, a change of at least this share (percent of the mean before) is notable. */
export const NOTABLE_PERCENT = 5;

/** Metrics that views always show for a name; the others only if they changed. */
const ALWAYS: readonly MetricName[] = ['cpu.avg', 'cpu.seconds', 'memory.max'];

/** The relevant metrics of a unit or a name: those that are always shown, and those that differ. */
export function notableFigures(figures: readonly ComparedFigure[]): readonly ComparedFigure[] {
  return figuresOfAnything(figures).filter((figure) => {
    if (!figure.isComparable) return false;
    return ALWAYS.includes(figure.metric) || isNotable(figure);
  });
}

/** Without those that are 0 on both sides. */
export function figuresOfAnything(figures: readonly ComparedFigure[]): readonly ComparedFigure[] {
  return figures.filter(({ before, after }) => before?.max !== 0 || after?.max !== 0);
}

/** Whether the metric differs: beyond run-to-run noise with an interval, otherwise by at least NOTABLE_PERCENT. */
export function isNotable({ verdict, difference, ratio, isComparable }: ComparedFigure): boolean {
  if (!isComparable || difference === null || difference === 0) return false;
  if (verdict !== null) return verdict !== 'same';
  return ratio === null || Math.abs(ratio) * 100 >= NOTABLE_PERCENT;
}

/** Names with any difference, or on one side only: largest difference of CPU first. */
export function notableNames({ names }: UnitComparison): readonly NameComparison[] {
  return names.filter(({ presence, figures }) => presence !== 'both' || figures.some(isNotable));
}

/** Metrics of the weight of a unit: total CPU if its work ended in every run, otherwise CPU per second. */
export function headFigures({ figures }: UnitComparison): readonly ComparedFigure[] {
  const cpu =
    figures.find(({ metric, isComparable }) => metric === 'cpu.avg' && isComparable) ??
    figures.find(({ metric }) => metric === 'cpu.seconds');
  const memory = figures.find(({ metric }) => metric === 'memory.max');
  return [cpu, memory].filter((figure) => figure !== undefined);
}
