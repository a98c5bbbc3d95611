import { differenceInterval, differenceOf, type Interval, type Series, seriesOf } from './difference.ts';
import { METRICS, type MetricName } from './metrics.ts';

/** `same`: no difference beyond run-to-run noise. */
export type Verdict = 'more' | 'less' | 'same';

/** One figure before and after. */
export interface ComparedFigure {
  readonly metric: MetricName;
  /** Null if no run has the metric. */
  readonly before: Series | null;
  readonly after: Series | null;
  /** Difference of the means, after minus before; null if one of them is unknown. */
  readonly difference: number | null;
  /** The difference as a share of the mean before; null also where that is 0. */
  readonly ratio: number | null;
  /** Confidence interval of the difference; null if a side has a single run. */
  readonly interval: Interval | null;
  /** Null without an interval, or if the metric depends on the different lengths of the runs. */
  readonly verdict: Verdict | null;
  /** Whether the metric does not depend on the lengths of the runs, or these are equal. */
  readonly isComparable: boolean;
}

/**
 * `of-watch`: the runs differ in length because they were tracked for different times; `of-work`: because the work in them
 * took different times.
 */
export type Lengths = 'equal' | 'of-watch' | 'of-work';

/** One entry for each metric that is known on either side. `valuesOf` returns the values of the runs, before and after. */
export function compareFigures(
  metrics: readonly MetricName[],
  valuesOf: (metric: MetricName) => readonly (readonly (number | null)[])[],
  lengths: Lengths,
  confidence: number,
): readonly ComparedFigure[] {
  return metrics.flatMap((metric) => {
    const [before, after] = valuesOf(metric).map((values) =>
      seriesOf(values.filter((value) => value !== null)),
    ) as [Series | null, Series | null];
    if (before === null && after === null) return [];
    return [compareFigure(metric, before, after, lengths, confidence)];
  });
}

function compareFigure(
  metric: MetricName,
  before: Series | null,
  after: Series | null,
  lengths: Lengths,
  confidence: number,
): ComparedFigure {
  const isComparable = isComparableAt(metric, lengths);
  if (before === null || after === null)
    return {
      metric,
      before,
      after,
      difference: null,
      ratio: null,
      interval: null,
      verdict: null,
      isComparable,
    };
  const difference = differenceOf(before, after);
  const interval = differenceInterval(before, after, confidence);
  return {
    metric,
    before,
    after,
    difference,
    ratio: before.mean === 0 ? null : difference / before.mean,
    interval,
    verdict: interval === null || !isComparable ? null : verdictOf(interval),
    isComparable,
  };
}

function isComparableAt(metric: MetricName, lengths: Lengths): boolean {
  const { kind } = METRICS[metric];
  if (lengths === 'equal' || kind === 'level') return true;
  return kind === (lengths === 'of-watch' ? 'rate' : 'total');
}

function verdictOf({ low, high }: Interval): Verdict {
  if (low > 0) return 'more';
  return high < 0 ? 'less' : 'same';
}
