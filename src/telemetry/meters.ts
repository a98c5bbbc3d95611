import type { Histogram } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  MeterProvider,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Usage } from '../ledger/measuring/usage.ts';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import type { Metric, ProgramFigures, TickMetric } from './catalogue/metric.ts';
import type { ChosenMetrics } from './catalogue.ts';
import { hrTimeOf } from './hr-time.ts';
import { gaugesOf, isObserved, ObservedGauges, optionsOf } from './observed-gauges.ts';
import { emptied, type HistogramValue } from './points/histogram.ts';
import { columnsOf } from './points/point-columns.ts';
import { beginningOf, seriesIn } from './points/series-end.ts';
import type { MetricsElsewhere } from './points/window-points.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { INSTRUMENTS, WindowReader } from './window-reader.ts';

/**
 * The SDK's pipeline: a meter provider whose reader collects when a window closes. Instruments record bounded and infrequent
 * values: observable gauges of units, executable names and the program, and histograms of its ticks. Series of
 * processes, sums with individual starts, and distributions of every sample come from a producer (`Recorder`).
 */
export class Meters {
  readonly #gauges: ObservedGauges;
  readonly #recorder: Recorder;
  readonly #reader: WindowReader;
  readonly #ticks: readonly { readonly metric: TickMetric; readonly histogram: Histogram }[];
  readonly #deltas: boolean;
  #ticksStartUnixMillis: number;
  #haveTicksBegun = false;
  /** Metrics of the recorder for the window that is being collected. */
  #recorded: ResourceMetrics | null = null;

  constructor(options: RecorderOptions) {
    const { metrics, temporality, histogramAggregation, startedUnixMillis } = options;
    this.#gauges = new ObservedGauges(metrics);
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
    const metrics = this.#beginTicks(await collected, window);
    const observed = await this.#gauges.collect(window, (points) => ({
      ...self,
      series: seriesIn(metrics, endUnixMillis) + points,
      folded: window.folded,
    }));
    const { scope } = recorded.scopeMetrics[0]!;
    return {
      resource: recorded.resource,
      scopeMetrics: [{ scope, metrics: withPointsOf(metrics, observed) }],
    };
  }

  /** The metrics with an empty point before the first point of each histogram of ticks, as all cumulative series have it. */
  #beginTicks(metrics: readonly MetricData[], window: ExportWindow): readonly MetricData[] {
    if (this.#haveTicksBegun || this.#deltas) return metrics;
    const beginning = beginningOf(this.#ticksStartUnixMillis, window);
    if (beginning >= window.endUnixMillis) return metrics;
    return metrics.map((metric) => {
      if (!this.#ticks.some(({ metric: { name } }) => name === metric.descriptor.name)) return metric;
      this.#haveTicksBegun = true;
      const points = metric.dataPoints as readonly DataPoint<HistogramValue>[];
      const empty = points.map((point) => ({
        ...point,
        endTime: hrTimeOf(beginning),
        value: emptied(point.value),
      }));
      return { ...metric, dataPoints: [...empty, ...points] } as MetricData;
    });
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
    const [columns, endColumns] = [columnsOf(metric), columnsOf(more)];
    if (columns === undefined || endColumns === undefined)
      return { ...metric, dataPoints: [...metric.dataPoints, ...more.dataPoints] } as MetricData;
    // Both are of the same gauges, and so of the same sets of attributes.
    columns.append(endColumns);
    return metric;
  });
  return [...ends.values(), ...joined];
}

/** A histogram for the cost of ticks, by metric. */
function tickHistograms(
  provider: MeterProvider,
  metrics: readonly TickMetric[],
): readonly { readonly metric: TickMetric; readonly histogram: Histogram }[] {
  return metrics.map((metric) => ({
    metric,
    histogram: provider.getMeter(INSTRUMENTS).createHistogram(metric.name, {
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

/** The metrics of units and executable names that `ObservedGauges` observes. */
function withInstruments({ unit, executable }: ChosenMetrics): MetricsElsewhere {
  return { unit: gaugesOf(unit), executable: gaugesOf(executable) };
}
