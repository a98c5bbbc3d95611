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
import { descriptorOf } from './metric-data.ts';
import { beginningOf, endOf } from './series-end.ts';

/** The distributions of one unit, one per metric. */
interface Counted {
  readonly label: string;
  readonly attributes: Attributes;
  readonly distributions: readonly Distribution[];
  /** By metric: number of idle rows in the current tick. */
  readonly zeros: Float64Array;
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
  /** Units with points in the previous window. */
  #shown: readonly Counted[] = [];
  #lastEndUnixMillis: number;

  constructor(options: DistributionsOptions) {
    this.#options = options;
    this.#lastEndUnixMillis = options.startedUnixMillis;
  }

  /** Records the rows of one tick that have a rate. */
  recordTick({ rows, liveSlots, liveCount, units, leastRateSeconds }: Usage): void {
    const { sample } = this.#options.metrics;
    for (let place = 0; place < units.length; place++) {
      const { unit, foldedAs } = units[place]!;
      this.#meet(place, foldedAs ?? unit);
    }
    const columns = sample.map(({ column }) => rows[column]);
    for (let i = 0; i < liveCount; i++) {
      const slot = liveSlots[i]!;
      const seconds = rows.rateSeconds[slot]!;
      if (!(seconds > 0)) continue;
      const rests = rows.atRest[slot] === 1;
      const { distributions, zeros } = this.#units[rows.unit[slot]!]!;
      for (let m = 0; m < columns.length; m++) {
        const figure = columns[m]![slot]!;
        const { perSecond } = sample[m]!;
        if (!(figure >= 0 && figure < Number.POSITIVE_INFINITY)) continue;
        if (perSecond && seconds < leastRateSeconds) continue;
        if (rests && perSecond) zeros[m]!++;
        else distributions[m]!.record(perSecond ? figure / seconds : figure);
      }
    }
    for (const counted of this.#units) if (counted !== undefined) recordZeros(counted);
  }

  /**
   * The metrics of a window, with points of its units. A series that begins has a preceding point without
   * samples; a series of the previous window whose unit is not in this one ends.
   */
  collect(window: ExportWindow): MetricData[] {
    const { deltas } = this.#options;
    const { units, endUnixMillis } = window;
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
    if (this.#units[place]?.label === unit) return;
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
      zeros: new Float64Array(metrics.length),
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

function recordZeros({ distributions, zeros }: Counted): void {
  for (let m = 0; m < zeros.length; m++) {
    if (zeros[m]! > 0) distributions[m]!.record(0, zeros[m]!);
    zeros[m] = 0;
  }
}
