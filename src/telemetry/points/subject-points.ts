import type { Attributes } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import type { Metric, Series } from '../catalogue/metric.ts';
import { pointValue } from '../point-value.ts';
import { metricData } from './metric-data.ts';
import { PointColumns, type PointSubject } from './point-columns.ts';
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
    readonly columns: PointColumns;
  }[];
  readonly #deltas: boolean;
  readonly #endsAlone: boolean;
  readonly #layout: RowLayout;
  /** By the object that represents the subject in every window. */
  readonly #states = new WeakMap<object, SubjectState>();
  /** Subjects of the previous window, of this one, and those that are new in this one. */
  #before: SubjectState[] = [];
  #current: SubjectState[] = [];
  #begun: SubjectState[] = [];
  #window = 0;
  #windowStartUnixMillis = 0;
  /** The earliest moment at which a series can begin. */
  #beginningUnixMillis = 0;
  #endUnixMillis = 0;

  constructor(metrics: readonly Observed<From>[], { deltas, endsAlone = false }: PointsOptions) {
    const { sets, indexOf } = attributeSets(metrics);
    let counters = 0;
    let count = 0;
    this.#metrics = metrics.map((metric) => ({
      metric,
      series: metric.series.map(({ attributes, read }) => ({
        read,
        index: count++,
        attributes: indexOf(attributes),
        counter: metric.instrument === 'counter' || addsUp(metric) ? counters++ : -1,
      })),
      columns: new PointColumns(sets),
    }));
    this.#deltas = deltas;
    this.#endsAlone = endsAlone;
    this.#layout = rowLayout(count, counters, deltas);
  }

  /** Begins a window; its points all end with it, except those that begin series. */
  begin({ startUnixMillis, endUnixMillis }: WindowTimes): void {
    this.#window++;
    this.#before = this.#current;
    this.#current = [];
    this.#begun = [];
    for (const { columns } of this.#metrics) columns.begin(endUnixMillis);
    this.#endUnixMillis = endUnixMillis;
    this.#windowStartUnixMillis = Math.min(startUnixMillis, endUnixMillis);
    this.#beginningUnixMillis = beginningOf(startUnixMillis, { startUnixMillis, endUnixMillis });
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
    const { row } = state;
    const { had, base, last } = this.#layout;
    for (let i = 0; i < this.#metrics.length; i++) {
      const { metric, series, columns } = this.#metrics[i]!;
      for (const one of series) {
        const value = pointValue(one.read(figures), metric.valueType);
        if (value === null) {
          if (metric.instrument !== 'counter') this.#endOne(columns, state, one);
          continue;
        }
        row[had + one.index] = 1;
        if (this.#endsAlone) continue;
        const { counter } = one;
        if (metric.instrument === 'counter') {
          if (this.#deltas) this.#addDelta(columns, value, state, one);
          else this.#addTotal(columns, value, state, one);
        } else if (counter >= 0) {
          row[last + counter] = value;
          this.#add(columns, state, one, this.#windowStartUnixMillis, value - row[base + counter]!);
        } else {
          const start = metric.instrument === 'gauge' ? this.#windowStartUnixMillis : state.startUnixMillis;
          this.#add(columns, state, one, start, value);
        }
      }
    }
  }

  /** The window's metrics; one without points is left out. */
  finish(): MetricData[] {
    this.#endMissing();
    return this.#metrics.flatMap(({ metric, columns }) => {
      columns.finish();
      return columns.count === 0 ? [] : [metricData(metric, columns, this.#deltas)];
    });
  }

  #stateOf(key: object, label: string, sinceUnixMillis: number, attributes: () => Attributes): SubjectState {
    const before = this.#states.get(key);
    let state = before;
    if (state?.label !== label) {
      state = openState(label, attributes(), this.#layout, before);
      this.#states.set(key, state);
    }
    const isNew = state.window === 0;
    const isBack = !isNew && state.window < this.#window - 1;
    if (isNew || isBack) this.#begun.push(state);
    if (state.window !== this.#window) this.#current.push(state);
    state.window = this.#window;
    if (isBack) beginAnew(state, this.#layout);
    if (isBack || (isNew && before !== undefined)) {
      state.sinceUnixMillis = sinceUnixMillis;
      state.startUnixMillis = Math.min(
        Math.max(sinceUnixMillis, this.#beginningUnixMillis),
        this.#endUnixMillis,
      );
    } else if (state.sinceUnixMillis !== sinceUnixMillis || sinceUnixMillis > this.#endUnixMillis) {
      state.sinceUnixMillis = sinceUnixMillis;
      state.startUnixMillis = Math.min(sinceUnixMillis, this.#endUnixMillis);
    }
    return state;
  }

  #add(
    columns: PointColumns,
    state: SubjectState,
    { attributes }: ReadSeries<From>,
    startUnixMillis: number,
    value: number,
  ): void {
    columns.add(state, attributes, startUnixMillis, this.#endUnixMillis, value);
  }

  #addTotal(columns: PointColumns, read: number, state: SubjectState, series: ReadSeries<From>): void {
    const { counter, attributes } = series;
    const { row, startUnixMillis } = state;
    const { base, last, begun } = this.#layout;
    const value = read - row[base + counter]!;
    row[last + counter] = read;
    if (row[begun + counter] === 0) {
      row[begun + counter] = 1;
      const beginning = Math.max(startUnixMillis, this.#beginningUnixMillis);
      if (value > 0 && beginning < this.#endUnixMillis)
        columns.add(state, attributes, startUnixMillis, beginning, 0);
    }
    this.#add(columns, state, series, startUnixMillis, value);
  }

  #addDelta(columns: PointColumns, value: number, state: SubjectState, series: ReadSeries<From>): void {
    const { counter } = series;
    const { row } = state;
    const { last, lastEnd } = this.#layout;
    const delta = value - row[last + counter]!;
    const before = row[lastEnd + counter]!;
    row[last + counter] = value;
    row[lastEnd + counter] = this.#endUnixMillis;
    const start = Number.isNaN(before) ? state.startUnixMillis : Math.min(before, this.#endUnixMillis);
    // A cumulative value never falls; otherwise a backend would refuse the whole request for a negative delta.
    this.#add(columns, state, series, start, Math.max(delta, 0));
  }

  /** Ends all series of subjects that are not in this window, unless another subject continues them. */
  #endMissing(): void {
    let heirs: Map<string, SubjectState> | null = null;
    for (const state of this.#before) {
      if (state.window === this.#window) continue;
      heirs ??= new Map(this.#begun.map((each) => [JSON.stringify(each.identity), each]));
      const heir = heirs.get(JSON.stringify(state.identity));
      for (const { series, columns } of this.#metrics) {
        for (const one of series) {
          if (heir?.row[this.#layout.had + one.index] !== 1) this.#endOne(columns, state, one);
        }
      }
    }
  }

  #endOne(columns: PointColumns, state: SubjectState, series: ReadSeries<From>): void {
    const had = this.#layout.had + series.index;
    if (state.row[had] === 0) return;
    state.row[had] = 0;
    const start = series.counter < 0 ? this.#windowStartUnixMillis : state.startUnixMillis;
    this.#add(columns, state, series, start, NO_RECORDED_VALUE);
  }
}

/** The distinct attributes of the series of some metrics, and the index of each. */
export function attributeSets(metrics: readonly Pick<Observed<never>, 'series'>[]): {
  readonly sets: readonly Attributes[];
  readonly indexOf: (attributes: Attributes) => number;
} {
  const sets = new Map<string, Attributes>();
  for (const { series } of metrics)
    for (const { attributes } of series) sets.set(JSON.stringify(attributes), attributes);
  const keys = [...sets.keys()];
  return {
    sets: [...sets.values()],
    indexOf: (attributes) => keys.indexOf(JSON.stringify(attributes)),
  };
}

function addsUp(metric: Metric): boolean {
  return 'accumulates' in metric && metric.accumulates === true;
}

/** State of one subject while it exists: created once, so that a point costs no more than its value. */
interface SubjectState extends PointSubject {
  readonly label: string;
  /** Start time in the window; NaN before the first. */
  sinceUnixMillis: number;
  startUnixMillis: number;
  /** Number of the last window that it was in; 0 before the first. */
  window: number;
  /**
   * Numbers of its series, by `RowLayout`. One plain array: there are ten thousand of these, and each typed array takes two
   * hundred bytes in addition to its content.
   */
  readonly row: number[];
}

/** Where the numbers of a subject's series start in its row. */
interface RowLayout {
  /** By counter: the value when the series began, and the last value. */
  readonly base: number;
  readonly last: number;
  /** By counter: the end of the window in which it was exported last; only with deltas. */
  readonly lastEnd: number;
  /** By counter: 1 if the series has begun. */
  readonly begun: number;
  /** By series: 1 if it had a point in the last window of the subject. */
  readonly had: number;
  readonly length: number;
}

function rowLayout(series: number, counters: number, deltas: boolean): RowLayout {
  const last = counters;
  const lastEnd = 2 * counters;
  const begun = lastEnd + (deltas ? counters : 0);
  const had = begun + counters;
  return { base: 0, last, lastEnd, begun, had, length: had + series };
}

/**
 * Initial state of a subject. A subject that had another name continues from its exported values:
 * series of the new name count from its start time.
 */
function openState(
  label: string,
  identity: Attributes,
  layout: RowLayout,
  before: SubjectState | undefined,
): SubjectState {
  const { last, lastEnd, begun } = layout;
  // Of doubles from the beginning.
  const row: number[] = new Array(layout.length).fill(Number.NaN);
  row.fill(0, 0, lastEnd).fill(0, begun);
  if (before !== undefined) {
    for (let i = 0; i < last; i++) row[i] = row[last + i] = before.row[last + i]!;
    for (let i = lastEnd; i < begun; i++) row[i] = before.row[i]!;
  }
  return {
    label,
    identity,
    attributes: null,
    encoded: null,
    sinceUnixMillis: before?.sinceUnixMillis ?? Number.NaN,
    startUnixMillis: Number.NaN,
    window: 0,
    row,
  };
}

/** The subject has returned: its counters restart at 0. */
function beginAnew({ row }: SubjectState, { base, last, lastEnd, begun, length }: RowLayout): void {
  row.copyWithin(base, last, lastEnd);
  row.fill(0, begun, length);
}
