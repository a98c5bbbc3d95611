import { type Attributes, type Histogram, type Meter, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  MeterProvider,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Usage } from '../ledger/measuring/usage.ts';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import { executableAttributes, unitAttributes } from './attributes.ts';
import type { Metric, ProgramFigures, SelfReading, TickMetric } from './catalogue/metric.ts';
import type { ChosenMetrics } from './catalogue.ts';
import { pointValue } from './point-value.ts';
import { seriesIn } from './points/series-end.ts';
import type { Observed } from './points/subject-points.ts';
import type { MetricsElsewhere } from './points/window-points.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { INSTRUMENTS, WindowReader } from './window-reader.ts';

/**
 * The SDK's pipeline: a meter provider whose reader collects when a window closes. Instruments record bounded and infrequent
 * values: observable gauges of units, executable names and the program, and histograms of its ticks. Series of
 * processes, sums with individual starts, and distributions of every sample come from a producer (`Recorder`).
 */
export class Meters {
  readonly #metrics: ChosenMetrics;
  readonly #recorder: Recorder;
  readonly #reader: WindowReader;
  readonly #ticks: readonly { readonly metric: TickMetric; readonly histogram: Histogram }[];
  readonly #deltas: boolean;
  #ticksStartUnixMillis: number;
  /** Metrics of the recorder for the window that is being collected. */
  #recorded: ResourceMetrics | null = null;

  constructor(options: RecorderOptions) {
    const { metrics, temporality, histogramAggregation, startedUnixMillis } = options;
    this.#metrics = metrics;
    this.#recorder = new Recorder({
      ...options,
      metrics: withoutInstruments(metrics),
      elsewhere: withInstruments(metrics),
    });
    this.#deltas = temporality !== 'cumulative';
    this.#ticksStartUnixMillis = startedUnixMillis;
    this.#reader = new WindowReader({
      temporality: this.#deltas ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
      histogramAggregation,
      producers: [{ collect: async () => ({ resourceMetrics: this.#recorded!, errors: [] }) }],
    });
    this.#ticks = tickHistograms(new MeterProvider({ readers: [this.#reader] }), metrics.tick);
  }

  /** Records the rows of one tick that have a rate, and the cost of the tick if known. */
  recordTick(usage: Usage, tickSeconds: number | null): void {
    this.#recorder.recordTick(usage);
    if (tickSeconds === null) return;
    for (const { metric, histogram } of this.#ticks) histogram.record(metric.read({ seconds: tickSeconds }));
  }

  /** All points of one window; all end with it, except those that begin series. Do not call again before the promise has settled. */
  async collectWindow(window: ExportWindow, self: ProgramFigures): Promise<ResourceMetrics> {
    const recorded = this.#recorder.collectWindow(window, self);
    this.#recorded = recorded;
    const { endUnixMillis } = window;
    const collected = this.#reader.collectWindow({
      startUnixMillis: this.#ticksStartUnixMillis,
      endUnixMillis,
    });
    if (this.#deltas) this.#ticksStartUnixMillis = endUnixMillis;
    const metrics = await collected;
    const gauges = new WindowReader({
      temporality: AggregationTemporality.CUMULATIVE,
      histogramAggregation: 'explicit_bucket_histogram',
    });
    // Recreated for each window: units come and go for months, and the SDK keeps every series.
    observeWindow(new MeterProvider({ readers: [gauges] }), this.#metrics, window, (observed) => ({
      ...self,
      series: seriesIn(metrics, endUnixMillis) + observed,
      folded: window.folded,
    }));
    const observed = await gauges.collectWindow(window);
    const { scope } = recorded.scopeMetrics[0]!;
    return {
      resource: recorded.resource,
      scopeMetrics: [{ scope, metrics: withPointsOf(metrics, observed) }],
    };
  }
}

/** All metrics, each once: for those with values in `observed`, `metrics` has the points that end series. */
function withPointsOf(metrics: readonly MetricData[], observed: readonly MetricData[]): MetricData[] {
  const ends = new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  const joined = observed.map((metric) => {
    const { name } = metric.descriptor;
    const more = ends.get(name);
    if (more === undefined) return metric;
    ends.delete(name);
    return { ...metric, dataPoints: [...metric.dataPoints, ...more.dataPoints] } as MetricData;
  });
  return [...ends.values(), ...joined];
}

/** One subject of observable gauges: a unit, an executable of a unit, or the program itself. */
interface Subject<From> {
  readonly attributes: Attributes;
  readonly figures: From;
}

/**
 * Observable gauges of units, executable names and the program itself, for one window. `selfOf` is called last, with the
 * number of points observed before it.
 */
function observeWindow(
  provider: MeterProvider,
  metrics: Pick<ChosenMetrics, 'unit' | 'executable' | 'self'>,
  { units }: ExportWindow,
  selfOf: (observed: number) => SelfReading,
): void {
  const meter = meterOf(provider);
  let observed = 0;
  const count = () => void observed++;
  observe(meter, gaugesOf(metrics.unit), count, () =>
    units.map((unit) => ({ attributes: unitAttributes(unit.unit), figures: unit })),
  );
  observe(meter, gaugesOf(metrics.executable), count, () =>
    units.flatMap(({ unit, executables }) =>
      executables.map((executable) => ({
        attributes: executableAttributes(unit, executable),
        figures: executable,
      })),
    ),
  );
  // Callbacks are called in the order in which they were added.
  const self = gaugesOf(metrics.self);
  const selfSeries = self.reduce((sum, { series }) => sum + series.length, 0);
  const figures = () => selfOf(observed + selfSeries);
  observe(
    meter,
    self,
    () => {},
    () => [{ attributes: {}, figures: figures() }],
  );
}

/** A histogram for the cost of ticks, by metric. */
function tickHistograms(
  provider: MeterProvider,
  metrics: readonly TickMetric[],
): readonly { readonly metric: TickMetric; readonly histogram: Histogram }[] {
  return metrics.map((metric) => ({
    metric,
    histogram: meterOf(provider).createHistogram(metric.name, {
      ...optionsOf(metric),
      advice: { explicitBucketBoundaries: [...metric.boundaries] },
    }),
  }));
}

/** Metrics other than gauges of these levels and of ticks: their points are made without instruments. */
function withoutInstruments(metrics: ChosenMetrics): ChosenMetrics {
  const others = <M extends Metric>(level: readonly M[]) => level.filter((metric) => !isObserved(metric));
  return {
    ...metrics,
    unit: others(metrics.unit),
    executable: others(metrics.executable),
    self: others(metrics.self),
    tick: [],
  };
}

/** The metrics of units and executable names that `observeWindow` observes. */
function withInstruments({ unit, executable }: ChosenMetrics): MetricsElsewhere {
  return { unit: gaugesOf(unit), executable: gaugesOf(executable) };
}

function gaugesOf<M extends Metric>(level: readonly M[]): M[] {
  return level.filter(isObserved);
}

function isObserved(metric: Metric): boolean {
  return metric.instrument === 'gauge' && metric.accumulates !== true;
}

function meterOf(provider: MeterProvider): Meter {
  return provider.getMeter(INSTRUMENTS);
}

function observe<From>(
  meter: Meter,
  metrics: readonly Observed<From>[],
  count: () => void,
  subjectsOf: () => readonly Subject<From>[],
): void {
  let subjects: readonly Subject<From>[] | undefined;
  for (const metric of metrics) {
    meter.createObservableGauge(metric.name, optionsOf(metric)).addCallback((result) => {
      subjects ??= subjectsOf();
      for (const { attributes, figures } of subjects) {
        for (const series of metric.series) {
          const value = pointValue(series.read(figures), metric.valueType);
          if (value === null) continue;
          result.observe(value, { ...attributes, ...series.attributes });
          count();
        }
      }
    });
  }
}

function optionsOf({ unit, description, valueType }: Metric) {
  return { unit, description, valueType: valueType === 'int' ? ValueType.INT : ValueType.DOUBLE };
}
