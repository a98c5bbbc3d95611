import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { Metric, Series } from '../catalogue/metric.ts';
import { hrTimeOf } from '../hr-time.ts';
import { pointValue } from '../point-value.ts';

/** A metric whose values are read from a window, for one kind of subject. */
export type Observed<From> = Extract<Metric, { readonly series: readonly unknown[] }> & {
  readonly series: readonly Series<From>[];
};

/** When a window began and ended. */
export interface WindowTimes {
  readonly startUnixMillis: number;
  readonly endUnixMillis: number;
}

/** What is kept of one subject as long as it lives: made once, so that a point costs no more than its value. */
interface SubjectState {
  readonly label: string;
  /** By set of attributes that series have of their own. */
  readonly attributes: readonly Attributes[];
  startUnixMillis: number;
  startTime: HrTime;
  /** By counter's series: what was exported last, and the end of that window. Null where nothing is exported as deltas. */
  readonly last: { readonly values: Float64Array; readonly endUnixMillis: Float64Array } | null;
}

interface ReadSeries<From> {
  readonly read: (from: From) => number | null;
  /** Index among the sets of attributes. */
  readonly attributes: number;
  /** Index among the series of counters; -1 for others. */
  readonly counter: number;
}

/**
 * Makes the points of all metrics of one level: of units, of processes, … A subject that is no longer in a window is
 * gone, and nothing of it is kept. Sums count from the subject's own start; as deltas, from the end of the window in
 * which they were exported last.
 */
export class SubjectPoints<From> {
  readonly #metrics: readonly {
    readonly metric: Observed<From>;
    readonly series: readonly ReadSeries<From>[];
  }[];
  readonly #ownAttributes: readonly Attributes[];
  readonly #deltas: boolean;
  readonly #counters: number;
  /** By the object that stands for the subject in every window. */
  readonly #states = new WeakMap<object, SubjectState>();
  #points: DataPoint<number>[][] = [];
  #end: HrTime = [0, 0];
  #windowStart: HrTime = [0, 0];
  #endUnixMillis = 0;

  /** `deltas`: counters are exported as what they grew by. */
  constructor(metrics: readonly Observed<From>[], deltas: boolean) {
    const sets = new Map<string, { readonly index: number; readonly attributes: Attributes }>();
    let counters = 0;
    const setOf = (attributes: Attributes): number => {
      const key = JSON.stringify(attributes);
      const known = sets.get(key) ?? { index: sets.size, attributes };
      sets.set(key, known);
      return known.index;
    };
    this.#metrics = metrics.map((metric) => ({
      metric,
      series: metric.series.map(({ attributes, read }) => ({
        read,
        attributes: setOf(attributes),
        counter: metric.instrument === 'counter' ? counters++ : -1,
      })),
    }));
    this.#ownAttributes = [...sets.values()].map(({ attributes }) => attributes);
    this.#deltas = deltas;
    this.#counters = counters;
  }

  /** Begins a window; its points all end when it does. */
  begin({ startUnixMillis, endUnixMillis }: WindowTimes): void {
    this.#points = this.#metrics.map(() => []);
    this.#endUnixMillis = endUnixMillis;
    this.#end = hrTimeOf(endUnixMillis);
    this.#windowStart = hrTimeOf(Math.min(startUnixMillis, endUnixMillis));
  }

  /**
   * Adds the points of one subject. `key` stands for it in every window; `attributes` are asked for once, and again
   * when `label` is another. What is not known has no point.
   */
  add(
    key: object,
    label: string,
    startUnixMillis: number,
    figures: From,
    attributes: () => Attributes,
  ): void {
    const state = this.#stateOf(key, label, startUnixMillis, attributes);
    for (let i = 0; i < this.#metrics.length; i++) {
      const { metric, series } = this.#metrics[i]!;
      for (const one of series) {
        const value = pointValue(one.read(figures), metric.valueType);
        if (value === null) continue;
        const isGauge = metric.instrument === 'gauge';
        this.#points[i]!.push(
          state.last !== null && one.counter >= 0
            ? this.#delta(value, state, one)
            : {
                attributes: state.attributes[one.attributes]!,
                startTime: isGauge ? this.#windowStart : state.startTime,
                endTime: this.#end,
                value,
              },
        );
      }
    }
  }

  /** The window's metrics; one without points is left out. */
  finish(): MetricData[] {
    const points = this.#points;
    this.#points = [];
    return this.#metrics.flatMap(({ metric }, i) =>
      points[i]!.length === 0 ? [] : [metricData(metric, points[i]!, this.#deltas)],
    );
  }

  #stateOf(key: object, label: string, startUnixMillis: number, attributes: () => Attributes): SubjectState {
    let state = this.#states.get(key);
    if (state === undefined || state.label !== label) {
      const own = attributes();
      state = {
        label,
        attributes: this.#ownAttributes.map((more) => ({ ...own, ...more })),
        startUnixMillis: Number.NaN,
        startTime: this.#end,
        last: this.#deltas
          ? {
              values: new Float64Array(this.#counters),
              endUnixMillis: new Float64Array(this.#counters).fill(Number.NaN),
            }
          : null,
      };
      this.#states.set(key, state);
    }
    if (state.startUnixMillis !== startUnixMillis || startUnixMillis > this.#endUnixMillis) {
      state.startUnixMillis = startUnixMillis;
      state.startTime = hrTimeOf(Math.min(startUnixMillis, this.#endUnixMillis));
    }
    return state;
  }

  #delta(value: number, state: SubjectState, { counter, attributes }: ReadSeries<From>): DataPoint<number> {
    const { values, endUnixMillis } = state.last!;
    const lastEnd = endUnixMillis[counter]!;
    const delta = value - values[counter]!;
    values[counter] = value;
    endUnixMillis[counter] = this.#endUnixMillis;
    return {
      attributes: state.attributes[attributes]!,
      startTime: Number.isNaN(lastEnd) ? state.startTime : hrTimeOf(Math.min(lastEnd, this.#endUnixMillis)),
      endTime: this.#end,
      // A cumulative figure never falls; if one did, a negative delta would be refused with all that stands beside it.
      value: Math.max(delta, 0),
    };
  }
}

function metricData<From>(
  metric: Observed<From>,
  dataPoints: DataPoint<number>[],
  deltas: boolean,
): MetricData {
  const descriptor = descriptorOf(metric);
  if (metric.instrument === 'gauge') {
    return {
      descriptor,
      dataPointType: DataPointType.GAUGE,
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints,
    };
  }
  const monotonic = metric.instrument === 'counter';
  return {
    descriptor,
    dataPointType: DataPointType.SUM,
    aggregationTemporality:
      deltas && monotonic ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    isMonotonic: monotonic,
    dataPoints,
  };
}

/** What stands above the points of a metric. */
export function descriptorOf(metric: Metric): MetricData['descriptor'] {
  return {
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    valueType: metric.valueType === 'int' ? ValueType.INT : ValueType.DOUBLE,
  };
}
