import type { ComparedFigure, Verdict } from '../../comparison/compared-figures.ts';
import type { ComparedRun } from '../../comparison/compared-run.ts';
import type { Comparison } from '../../comparison/comparison.ts';
import type { Interval } from '../../comparison/difference.ts';
import { METRICS, type MetricName } from '../../comparison/metrics.ts';
import {
  ABSENT,
  type Alignment,
  byteCount,
  counted,
  decimal,
  duration,
  percent,
  ratio,
  seconds,
} from '../format.ts';
import { isNotable } from './notable.ts';

/** Texts of the values in a comparison. */

const VERDICTS: Readonly<Record<Verdict, string>> = { more: 'higher', less: 'lower', same: 'same' };
/** Marks a difference without an interval, because a side has a single run. */
export const UNCONFIRMED = 'unconfirmed';

/** `31.0%`, `9.31s`, `12.3MiB/s`, `4.5`; `-` if unknown. */
export function levelText(metric: MetricName, value: number | null): string {
  if (value === null) return ABSENT;
  return written(metric, value, '%');
}

/** `+3.8pp`, `-1.13s`, `+12.3MiB`; 0 has no sign. */
export function differenceText(metric: MetricName, value: number | null): string {
  if (value === null) return ABSENT;
  return signed(value, written(metric, Math.abs(value), 'pp'));
}

/** `+12.1%` */
export function ratioText(ratio: number | null): string {
  if (ratio === null) return ABSENT;
  return signed(ratio, `${percent(100 * Math.abs(ratio))}%`);
}

/** The interval as a share of the mean before (`+9.8%..+14.4%`), or in the metric's unit if that mean is 0. */
export function intervalText({ metric, before, interval }: ComparedFigure): string {
  if (interval === null || before === null) return ABSENT;
  const base = before.mean;
  return base === 0
    ? between(interval, (value) => differenceText(metric, value))
    : between(interval, (value) => ratioText(value / base));
}

/** `higher`, `lower`, `same`; `higher, unconfirmed` if a side has a single run; empty without a notable difference. */
export function verdictText(figure: ComparedFigure): string {
  const { verdict, difference } = figure;
  if (verdict !== null) return VERDICTS[verdict];
  if (!isNotable(figure)) return '';
  return `${VERDICTS[(difference ?? 0) > 0 ? 'more' : 'less']}, ${UNCONFIRMED}`;
}

function between({ low, high }: Interval, text: (value: number) => string): string {
  return `${text(low)}..${text(high)}`;
}

function signed(value: number, magnitude: string): string {
  // A value that is rounded to 0 has no sign.
  if (!/[1-9]/.test(magnitude)) return magnitude;
  return `${value < 0 ? '-' : '+'}${magnitude}`;
}

function written(metric: MetricName, value: number, percentSign: string): string {
  switch (METRICS[metric].dimension) {
    case 'percent':
      return `${decimal(value, Math.abs(value) < 1 ? 2 : 1)}${percentSign}`;
    case 'seconds':
      return `${seconds(value)}s`;
    case 'bytes':
      return byteCount(value);
    case 'bytesPerSecond':
      return `${byteCount(value)}/s`;
    case 'count':
      return decimal(value, Number.isInteger(value) ? 0 : 1);
    case 'countPerSecond':
      return `${decimal(value, 2)}/s`;
  }
}

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
