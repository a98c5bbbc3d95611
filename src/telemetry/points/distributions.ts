import type { Attributes, HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { Usage } from '../../ledger/measuring/usage.ts';
import type { ExportWindow } from '../../ledger/window/export-window.ts';
import { unitAttributes } from '../attributes.ts';
import type { SampleMetric } from '../catalogue/metric.ts';
import type { ChosenMetrics } from '../catalogue.ts';
import type { HistogramAggregation } from '../choices.ts';
import { hrTimeOf } from '../hr-time.ts';
import { Base2Histogram } from './exponential-histogram.ts';
import { type Distribution, ExplicitHistogram, emptied, type HistogramValue } from './histogram.ts';
import { IdleRows } from './idle-rows.ts';
import { descriptorOf } from './metric-data.ts';
import { beginningOf, endOf } from './series-end.ts';

/** The distributions of one unit, one per metric. */
interface Counted {
  readonly label: string;
  readonly attributes: Attributes;
  readonly distributions: readonly Distribution[];
  startUnixMillis: number;
  /** By metric: whether the previous window had a point. */
  readonly had: boolean[];
}

export interface DistributionsOptions {
  readonly metrics: Pick<ChosenMetrics, 'sample'>;
  /** With deltas, a window's distributions have the samples since the previous window. */
  readonly deltas: boolean;
  readonly aggregation: HistogramAggregation;
  readonly startedUnixMillis: number;
}

/**
 * Distributions of every sample. The SDK's own histograms take 0.7 µs per value, as much as reading the process; these are
 * found by the unit's index in the tick.
 */
export class Distributions {
  readonly #options: DistributionsOptions;
  /** By the unit's index; units without series of their own share distributions. */
  readonly #units: (Counted | undefined)[] = [];
  readonly #idle: IdleRows<Counted>;
  /** Units with points in the previous window. */
  #shown: readonly Counted[] = [];
  #lastEndUnixMillis: number;

  constructor(options: DistributionsOptions) {
    this.#options = options;
    this.#idle = new IdleRows(options.metrics.sample.length);
    this.#lastEndUnixMillis = options.startedUnixMillis;
  }

  /** Records the rows of one tick that have a rate. */
  recordTick({ rows, liveSlots, liveCount, units, leastRateSeconds }: Usage): void {
    for (let place = 0; place < units.length; place++) {
      const { unit, foldedAs } = units[place]!;
      this.#meet(place, foldedAs ?? unit);
    }
    const columns = this.#options.metrics.sample.map(({ column }) => rows[column]);
    const idle = this.#idle;
    idle.grow(rows.rateSeconds.length);
    for (let i = 0; i < liveCount; i++) {
      const slot = liveSlots[i]!;
      const seconds = rows.rateSeconds[slot]!;
      if (!(seconds > 0)) continue;
      const hasRate = seconds >= leastRateSeconds;
      if (rows.atRest[slot] === 1 && idle.count(slot, hasRate)) continue;
      idle.end(slot, this.#recordIdle);
      const counted = this.#units[rows.unit[slot]!]!;
      if (rows.atRest[slot] === 1) idle.begin(slot, counted, columns, hasRate);
      else this.#record(counted, columns, slot, seconds, hasRate);
    }
  }

  #record(
    { distributions }: Counted,
    columns: readonly Float64Array[],
    slot: number,
    seconds: number,
    hasRate: boolean,
  ): void {
    const { sample } = this.#options.metrics;
    for (let m = 0; m < columns.length; m++) {
      const figure = columns[m]![slot]!;
      const { perSecond } = sample[m]!;
      if (!isFigure(figure) || (perSecond && !hasRate)) continue;
      distributions[m]!.record(perSecond ? figure / seconds : figure);
    }
  }

  /** Records the values that an idle row had in some ticks. */
  readonly #recordIdle = (
    { distributions }: Counted,
    m: number,
    figure: number,
    ticks: number,
    rateTicks: number,
  ): void => {
    const { perSecond } = this.#options.metrics.sample[m]!;
    const times = perSecond ? rateTicks : ticks;
    if (times > 0 && isFigure(figure)) distributions[m]!.record(perSecond ? 0 : figure, times);
  };

  #endIdle(): void {
    for (let slot = 0; slot < this.#idle.capacity; slot++) this.#idle.end(slot, this.#recordIdle);
  }

  /**
   * The metrics of a window, with points of its units. A series that begins has a preceding point without
   * samples; a series of the previous window whose unit is not in this one ends.
   */
  collect(window: ExportWindow): MetricData[] {
    const { deltas } = this.#options;
    const { units, endUnixMillis } = window;
    this.#endIdle();
    const shown = new Set(units.map(({ unit }) => unit));
    const known = new Set(this.#units.filter((one) => one !== undefined));
    const counted = new Set([...known].filter(({ label }) => shown.has(label)));
    const labels = new Set([...counted].map(({ label }) => label));
    const ended = this.#shown.filter((one) => !counted.has(one) && !labels.has(one.label));
    const collected = this.#metricsOf(counted, ended, window);
    this.#shown = [...counted];
    this.#lastEndUnixMillis = endUnixMillis;
    for (const one of deltas ? known : ended) this.#restart(one);
    return collected;
  }

  /** A new unit at an index starts empty, or with the counts of others that share its series. */
  #meet(place: number, unit: string): void {
    const known = this.#units[place];
    if (known?.label === unit) return;
    // Its rows were idle under the earlier name.
    if (known !== undefined) this.#endIdle();
    this.#units[place] =
      this.#units.find((one) => one?.label === unit) ??
      this.#open(unit, unitAttributes(unit), this.#options.metrics.sample);
  }

  #open(label: string, attributes: Attributes, metrics: readonly SampleMetric[]): Counted {
    const isExplicit = this.#options.aggregation === 'explicit_bucket_histogram';
    return {
      label,
      attributes,
      distributions: metrics.map(({ boundaries }) =>
        isExplicit ? new ExplicitHistogram(boundaries) : new Base2Histogram(),
      ),
      startUnixMillis: this.#lastEndUnixMillis,
      had: metrics.map(() => false),
    };
  }

  #restart(one: Counted): void {
    for (const distribution of one.distributions) distribution.reset();
    one.startUnixMillis = this.#lastEndUnixMillis;
  }

  #metricsOf(counted: ReadonlySet<Counted>, ended: readonly Counted[], window: ExportWindow): MetricData[] {
    const { metrics, deltas, aggregation } = this.#options;
    const endTime = hrTimeOf(window.endUnixMillis);
    return metrics.sample.flatMap((metric, m) => {
      const dataPoints = [...counted].flatMap((one) => this.#pointsOf(one, m, window, endTime));
      for (const { attributes, distributions, startUnixMillis, had } of ended) {
        if (!had[m]) continue;
        had[m] = false;
        const startTime = hrTimeOf(Math.min(startUnixMillis, window.endUnixMillis));
        dataPoints.push({ attributes, startTime, endTime, value: endOf(distributions[m]!.value()) });
      }
      if (dataPoints.length === 0) return [];
      return [
        {
          descriptor: descriptorOf(metric),
          aggregationTemporality: deltas ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
          dataPointType:
            aggregation === 'explicit_bucket_histogram'
              ? DataPointType.HISTOGRAM
              : DataPointType.EXPONENTIAL_HISTOGRAM,
          dataPoints,
        } as MetricData,
      ];
    });
  }

  /** The point of one distribution, preceded by an empty one if the series begins. */
  #pointsOf(one: Counted, m: number, window: ExportWindow, endTime: HrTime): DataPoint<HistogramValue>[] {
    const { attributes, distributions, startUnixMillis, had } = one;
    const distribution = distributions[m]!;
    if (distribution.count === 0) return [];
    const value = distribution.value();
    const startTime = hrTimeOf(Math.min(startUnixMillis, window.endUnixMillis));
    const point = { attributes, startTime, endTime, value };
    const beginning = beginningOf(startUnixMillis, window);
    const begins = !had[m] && !this.#options.deltas && beginning < window.endUnixMillis;
    had[m] = true;
    return begins
      ? [{ attributes, startTime, endTime: hrTimeOf(beginning), value: emptied(value) }, point]
      : [point];
  }
}

function isFigure(figure: number): boolean {
  return figure >= 0 && figure < Number.POSITIVE_INFINITY;
}
