import type { Attributes } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { ExportWindow } from '../../ledger/export-window.ts';
import type { Usage } from '../../ledger/usage.ts';
import { unitAttributes } from '../attributes.ts';
import type { SampleMetric, TickMetric } from '../catalogue/metric.ts';
import type { ChosenMetrics } from '../catalogue.ts';
import { hrTimeOf } from '../hr-time.ts';
import type { HistogramAggregation } from '../temporality.ts';
import { Base2Histogram } from './exponential-histogram.ts';
import { type Distribution, ExplicitHistogram } from './histogram.ts';
import { descriptorOf } from './subject-points.ts';

/** The distributions of one unit, or of the program itself, one a metric. */
interface Counted {
  readonly label: string;
  readonly attributes: Attributes;
  readonly distributions: readonly Distribution[];
  startUnixMillis: number;
}

export interface DistributionsOptions {
  readonly metrics: Pick<ChosenMetrics, 'sample' | 'tick'>;
  /** A window's distributions hold what came since the window before. */
  readonly deltas: boolean;
  readonly aggregation: HistogramAggregation;
  readonly startedUnixMillis: number;
}

/**
 * Distributions of every sample. The SDK's own histograms take 0.7 µs a value, as much as reading the process; these are
 * found by the unit's place among those of the tick.
 */
export class Distributions {
  readonly #options: DistributionsOptions;
  /** By the unit's place; units without series of their own share some. */
  readonly #units: (Counted | undefined)[] = [];
  readonly #self: Counted;
  #lastEndUnixMillis: number;

  constructor(options: DistributionsOptions) {
    this.#options = options;
    this.#lastEndUnixMillis = options.startedUnixMillis;
    this.#self = this.#open('', {}, options.metrics.tick);
  }

  /** Records one tick's rows, those that have a rate, and what the tick cost where it is known. */
  recordTick({ rows, liveSlots, liveCount, units }: Usage, tickSeconds: number | null): void {
    const { sample, tick } = this.#options.metrics;
    for (let place = 0; place < units.length; place++) {
      const { unit, foldedAs } = units[place]!;
      this.#meet(place, foldedAs ?? unit);
    }
    for (let i = 0; i < liveCount; i++) {
      const slot = liveSlots[i]!;
      if (!(rows.observedSeconds[slot]! > 0)) continue;
      const { distributions } = this.#units[rows.unit[slot]!]!;
      for (let m = 0; m < sample.length; m++) {
        const value = sample[m]!.read(rows, slot);
        if (value >= 0 && value < Number.POSITIVE_INFINITY) distributions[m]!.record(value);
      }
    }
    if (tickSeconds === null) return;
    for (let m = 0; m < tick.length; m++) {
      this.#self.distributions[m]!.record(tick[m]!.read({ seconds: tickSeconds }));
    }
  }

  /** The metrics of a window, with points of the units that are in it. */
  collect({ units, endUnixMillis }: ExportWindow): MetricData[] {
    const { metrics, deltas } = this.#options;
    const shown = new Set(units.map(({ unit }) => unit));
    const known = new Set(this.#units.filter((one) => one !== undefined));
    const counted = [...known].filter(({ label }) => shown.has(label));
    const collected = [
      ...this.#metricsOf(metrics.sample, counted, endUnixMillis),
      ...this.#metricsOf(metrics.tick, [this.#self], endUnixMillis),
    ];
    this.#lastEndUnixMillis = endUnixMillis;
    if (deltas) for (const one of [...known, this.#self]) this.#restart(one);
    return collected;
  }

  /** Another unit in a place begins with nothing, or with what others have that share its series. */
  #meet(place: number, unit: string): void {
    if (this.#units[place]?.label === unit) return;
    this.#units[place] =
      this.#units.find((one) => one?.label === unit) ??
      this.#open(unit, unitAttributes(unit), this.#options.metrics.sample);
  }

  #open(label: string, attributes: Attributes, metrics: readonly (SampleMetric | TickMetric)[]): Counted {
    const isExplicit = this.#options.aggregation === 'explicit_bucket_histogram';
    return {
      label,
      attributes,
      distributions: metrics.map(({ boundaries }) =>
        isExplicit ? new ExplicitHistogram(boundaries) : new Base2Histogram(),
      ),
      startUnixMillis: this.#lastEndUnixMillis,
    };
  }

  #restart(one: Counted): void {
    for (const distribution of one.distributions) distribution.reset();
    one.startUnixMillis = this.#lastEndUnixMillis;
  }

  #metricsOf(
    metrics: readonly (SampleMetric | TickMetric)[],
    counted: readonly Counted[],
    endUnixMillis: number,
  ): MetricData[] {
    const { deltas, aggregation } = this.#options;
    const endTime = hrTimeOf(endUnixMillis);
    return metrics.flatMap((metric, m) => {
      const dataPoints = counted.flatMap(({ attributes, distributions, startUnixMillis }) => {
        const distribution = distributions[m]!;
        if (distribution.count === 0) return [];
        const startTime = hrTimeOf(Math.min(startUnixMillis, endUnixMillis));
        return [{ attributes, startTime, endTime, value: distribution.value() }];
      });
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
}
