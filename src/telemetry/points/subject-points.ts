import type { Attributes, HrTime } from '@opentelemetry/api';
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics';
import type { Metric, Series } from '../catalogue/metric.ts';
import { hrTimeOf } from '../hr-time.ts';
import { pointValue } from '../point-value.ts';
import { metricData } from './metric-data.ts';
import { beginningOf, NO_RECORDED_VALUE, type WindowTimes } from './series-end.ts';

/** A metric whose values are read from a window, for one kind of subject. */
export type Observed<From> = Extract<Metric, { readonly series: readonly unknown[] }> & {
  readonly series: readonly Series<From>[];
};

/** Options for the points of a level. */
export interface PointsOptions {
  /** Counters are exported as increments. */
  readonly deltas: boolean;
  /** The values of the level are exported elsewhere; only points that end series are made here. */
  readonly endsAlone?: boolean;
}

interface ReadSeries<From> {
  readonly read: (from: From) => number | null;
  /** Index among all series of the level. */
  readonly index: number;
  /** Index among the sets of attributes. */
  readonly attributes: number;
  /** Index among the series that add up; -1 for others. */
  readonly counter: number;
}

/**
 * Makes the points of all metrics of one level: of units, of processes, … Every series has a beginning and an end:
 *
 * - A cumulative counter whose first value is not 0 has a point of value 0 before it, so that `rate()` and `increase()`
 *   lose nothing. Both are in one window, in the order of their times.
 * - A series of the previous window without a value now ends with a point without value (`NO_RECORDED_VALUE`). A counter
 *   that cannot be read for a while does not end while its subject exists.
 * - A subject that returns restarts: its counters start at 0, at the time of its return.
 *
 * Deltas need no such points: they start with the first value, and continue from the window in which they were last exported.
 */
export class SubjectPoints<From> {
  readonly #metrics: readonly {
    readonly metric: Observed<From>;
    readonly series: readonly ReadSeries<From>[];
  }[];
  readonly #ownAttributes: readonly Attributes[];
  readonly #deltas: boolean;
  readonly #endsAlone: boolean;
  readonly #size: LevelSize;
  /** By the object that represents the subject in every window. */
  readonly #states = new WeakMap<object, SubjectState>();
  /** Subjects of the previous window, of this one, and those that are new in this one. */
  #before: SubjectState[] = [];
  #current: SubjectState[] = [];
  #begun: SubjectState[] = [];
  #window = 0;
  #points: DataPoint<number>[][] = [];
  #end: HrTime = [0, 0];
  #windowStart: HrTime = [0, 0];
  /** The earliest moment at which a series can begin. */
  #beginningUnixMillis = 0;
  #beginning: HrTime = [0, 0];
  #endUnixMillis = 0;

  constructor(metrics: readonly Observed<From>[], { deltas, endsAlone = false }: PointsOptions) {
    const sets = new Map<string, { readonly index: number; readonly attributes: Attributes }>();
    let counters = 0;
    let count = 0;
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
        index: count++,
        attributes: setOf(attributes),
        counter: metric.instrument === 'counter' || addsUp(metric) ? counters++ : -1,
      })),
    }));
    this.#ownAttributes = [...sets.values()].map(({ attributes }) => attributes);
    this.#deltas = deltas;
    this.#endsAlone = endsAlone;
    this.#size = { series: count, counters, deltas };
  }

  /** Begins a window; its points all end with it, except those that begin series. */
  begin({ startUnixMillis, endUnixMillis }: WindowTimes): void {
    this.#window++;
    this.#before = this.#current;
    this.#current = [];
    this.#begun = [];
    this.#points = this.#metrics.map(() => []);
    this.#endUnixMillis = endUnixMillis;
    this.#end = hrTimeOf(endUnixMillis);
    this.#windowStart = hrTimeOf(Math.min(startUnixMillis, endUnixMillis));
    this.#beginningUnixMillis = beginningOf(startUnixMillis, { startUnixMillis, endUnixMillis });
    this.#beginning = hrTimeOf(this.#beginningUnixMillis);
  }

  /**
   * Adds the points of one subject. `key` represents it in every window; `attributes` is called once, and again
   * when `label` changes. Unknown values have no point.
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
      const points = this.#points[i]!;
      for (const one of series) {
        const value = pointValue(one.read(figures), metric.valueType);
        if (value === null) {
          if (metric.instrument !== 'counter') this.#endOne(points, state, one);
          continue;
        }
        state.had[one.index] = 1;
        if (this.#endsAlone) continue;
        if (metric.instrument === 'counter') {
          if (this.#deltas) points.push(this.#delta(value, state, one));
          else this.#pushTotal(points, value, state, one);
        } else if (one.counter >= 0) {
          state.last[one.counter] = value;
          points.push(this.#point(state, one, this.#windowStart, value - state.base[one.counter]!));
        } else {
          const startTime = metric.instrument === 'gauge' ? this.#windowStart : state.startTime;
          points.push(this.#point(state, one, startTime, value));
        }
      }
    }
  }

  /** The window's metrics; one without points is left out. */
  finish(): MetricData[] {
    this.#endMissing();
    const points = this.#points;
    this.#points = [];
    return this.#metrics.flatMap(({ metric }, i) =>
      points[i]!.length === 0 ? [] : [metricData(metric, points[i]!, this.#deltas)],
    );
  }

  #stateOf(key: object, label: string, sinceUnixMillis: number, attributes: () => Attributes): SubjectState {
    const before = this.#states.get(key);
    let state = before;
    if (state?.label !== label) {
      state = openState(label, attributes(), this.#ownAttributes, this.#size, before);
      this.#states.set(key, state);
    }
    const isNew = state.window === 0;
    const isBack = !isNew && state.window < this.#window - 1;
    if (isNew || isBack) this.#begun.push(state);
    if (state.window !== this.#window) this.#current.push(state);
    state.window = this.#window;
    if (isBack) beginAnew(state);
    if (isBack || (isNew && before !== undefined)) {
      state.sinceUnixMillis = sinceUnixMillis;
      startAt(state, Math.min(Math.max(sinceUnixMillis, this.#beginningUnixMillis), this.#endUnixMillis));
    } else if (state.sinceUnixMillis !== sinceUnixMillis || sinceUnixMillis > this.#endUnixMillis) {
      state.sinceUnixMillis = sinceUnixMillis;
      startAt(state, Math.min(sinceUnixMillis, this.#endUnixMillis));
    }
    return state;
  }

  #point(
    { attributes }: SubjectState,
    series: ReadSeries<From>,
    startTime: HrTime,
    value: number,
  ): DataPoint<number> {
    return { attributes: attributes[series.attributes]!, startTime, endTime: this.#end, value };
  }

  #pushTotal(points: DataPoint<number>[], read: number, state: SubjectState, series: ReadSeries<From>): void {
    const { counter } = series;
    const value = read - state.base[counter]!;
    state.last[counter] = read;
    if (state.begun[counter] === 0) {
      state.begun[counter] = 1;
      const isLater = state.startUnixMillis > this.#beginningUnixMillis;
      const endTime = isLater ? state.startTime : this.#beginning;
      const isBefore = (isLater ? state.startUnixMillis : this.#beginningUnixMillis) < this.#endUnixMillis;
      if (value > 0 && isBefore) points.push({ ...this.#point(state, series, state.startTime, 0), endTime });
    }
    points.push(this.#point(state, series, state.startTime, value));
  }

  #delta(value: number, state: SubjectState, series: ReadSeries<From>): DataPoint<number> {
    const { counter } = series;
    const { last, lastEndUnixMillis } = state;
    const lastEnd = lastEndUnixMillis[counter]!;
    const delta = value - last[counter]!;
    last[counter] = value;
    lastEndUnixMillis[counter] = this.#endUnixMillis;
    const startTime = Number.isNaN(lastEnd)
      ? state.startTime
      : hrTimeOf(Math.min(lastEnd, this.#endUnixMillis));
    // A cumulative value never falls; otherwise a backend would refuse the whole request for a negative delta.
    return this.#point(state, series, startTime, Math.max(delta, 0));
  }

  /** Ends all series of subjects that are not in this window, unless another subject continues them. */
  #endMissing(): void {
    let heirs: Map<string, SubjectState> | null = null;
    for (const state of this.#before) {
      if (state.window === this.#window) continue;
      heirs ??= new Map(this.#begun.map((each) => [JSON.stringify(each.identity), each]));
      const heir = heirs.get(JSON.stringify(state.identity));
      for (let i = 0; i < this.#metrics.length; i++) {
        for (const one of this.#metrics[i]!.series) {
          if (heir?.had[one.index] !== 1) this.#endOne(this.#points[i]!, state, one);
        }
      }
    }
  }

  #endOne(points: DataPoint<number>[], state: SubjectState, series: ReadSeries<From>): void {
    if (state.had[series.index] === 0) return;
    state.had[series.index] = 0;
    const startTime = series.counter < 0 ? this.#windowStart : state.startTime;
    points.push(this.#point(state, series, startTime, NO_RECORDED_VALUE));
  }
}

function addsUp(metric: Metric): boolean {
  return 'accumulates' in metric && metric.accumulates === true;
}

/** State of one subject while it exists: created once, so that a point costs no more than its value. */
interface SubjectState {
  readonly label: string;
  /** Key of the subject's attributes: subjects with the same key have the same series. */
  readonly identity: Attributes;
  /** By the individual set of attributes of a series. */
  readonly attributes: readonly Attributes[];
  /** Start time in the window; NaN before the first. */
  sinceUnixMillis: number;
  startUnixMillis: number;
  startTime: HrTime;
  /** Number of the last window that it was in; 0 before the first. */
  window: number;
  /** By series: 1 if it had a point in that window. */
  readonly had: Uint8Array;
  /** By counter: 1 if the series has begun. */
  readonly begun: Uint8Array;
  /** By counter: the value when the series began, and the last value. */
  readonly base: Float64Array;
  readonly last: Float64Array;
  /** By counter: the end of the window in which it was exported last. Empty without deltas. */
  readonly lastEndUnixMillis: Float64Array;
}

/** Numbers of series of the subjects of a level. */
interface LevelSize {
  readonly series: number;
  readonly counters: number;
  /** Counters are exported as increments. */
  readonly deltas: boolean;
}

/**
 * Initial state of a subject. A subject that had another name continues from its exported values:
 * series of the new name count from `startTime`.
 */
function openState(
  label: string,
  identity: Attributes,
  own: readonly Attributes[],
  { series, counters, deltas }: LevelSize,
  before: SubjectState | undefined,
): SubjectState {
  return {
    label,
    identity,
    attributes: own.map((more) => ({ ...identity, ...more })),
    sinceUnixMillis: before?.sinceUnixMillis ?? Number.NaN,
    startUnixMillis: Number.NaN,
    startTime: [0, 0],
    window: 0,
    had: new Uint8Array(series),
    begun: new Uint8Array(counters),
    base: before?.last.slice() ?? new Float64Array(counters),
    last: before?.last.slice() ?? new Float64Array(counters),
    lastEndUnixMillis:
      before?.lastEndUnixMillis.slice() ?? new Float64Array(deltas ? counters : 0).fill(Number.NaN),
  };
}

/** The subject has returned: its counters restart at 0. */
function beginAnew(state: SubjectState): void {
  state.base.set(state.last);
  state.begun.fill(0);
  state.had.fill(0);
}

function startAt(state: SubjectState, unixMillis: number): void {
  state.startUnixMillis = unixMillis;
  state.startTime = hrTimeOf(unixMillis);
}
