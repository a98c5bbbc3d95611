import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { ComparedRun } from '../../comparison/compared-run.ts';
import type { Comparison } from '../../comparison/comparison.ts';
import type { Alignment } from '../format.ts';
import { counted, duration, ratio } from '../format.ts';
import { differenceText, intervalText, levelText, ratioText, verdictText } from './figure-text.ts';

/** Verdict of a metric that depends on the length of runs, if these differ. */
const BY_LENGTH = 'length';

/** One column of a comparison's tables; none holds hostile text. */
export interface FigureColumn {
  readonly title: string;
  readonly align: Alignment;
  readonly cell: (figure: ComparedFigure) => string;
}

/** The columns; those of confidence only with repeated runs. */
export function figureColumns({ before, after, confidence }: Comparison): readonly FigureColumn[] {
  const column = (title: string, cell: FigureColumn['cell'], align: Alignment = 'right') => ({
    title,
    align,
    cell,
  });
  const hasIntervals = before.length > 1 && after.length > 1;
  return [
    column('METRIC', ({ metric }) => metric, 'left'),
    column('BEFORE', (figure) => levelText(figure.metric, figure.before?.mean ?? null)),
    column('AFTER', (figure) => levelText(figure.metric, figure.after?.mean ?? null)),
    column('CHANGE', (figure) => differenceText(figure.metric, figure.difference)),
    column('CHANGE%', (figure) => ratioText(figure.ratio)),
    ...(hasIntervals ? [column(`${confidenceText(confidence)} INTERVAL`, intervalText)] : []),
    column('', (figure) => lastCell(figure), 'left'),
  ];
}

/** `95%` */
function confidenceText(confidence: number): string {
  return ratio(confidence).replace('.0%', '%');
}

/** `3 runs of 20.0s`, `2 runs of 19.8s to 20.1s` */
export function runsText(runs: readonly ComparedRun[]): string {
  const seconds = runs.map((run) => run.seconds);
  const [low, high] = [duration(Math.min(...seconds)), duration(Math.max(...seconds))];
  return `${counted(runs.length, 'run')} of ${low === high ? low : `${low} to ${high}`}`;
}

/** Legend of the last column; null if it needs none. */
export function verdictLegend({ before, after, confidence, lengthsDiffer }: Comparison): string | null {
  const legends = [
    ...(before.length > 1 && after.length > 1
      ? [
          `means of the runs, and the ${confidenceText(confidence)} interval of their difference (Welch's t); higher, lower: beyond run-to-run noise; same: within it`,
        ]
      : []),
    ...(lengthsDiffer ? [`${BY_LENGTH}: the metric depends on the length of the runs`] : []),
  ];
  return legends.length === 0 ? null : `${legends.join('; ')}.`;
}

function lastCell(figure: ComparedFigure): string {
  if (!figure.isComparable) return BY_LENGTH;
  return verdictText(figure);
}
