import type { Resource } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Usage } from '../ledger/measuring/usage.ts';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import type { ProgramFigures } from './catalogue/metric.ts';
import type { ChosenMetrics } from './catalogue.ts';
import type { HistogramAggregation, ProcessAttribute, Temporality } from './choices.ts';
import { Distributions } from './points/distributions.ts';
import { seriesIn } from './points/series-end.ts';
import { type MetricsElsewhere, WindowPoints } from './points/window-points.ts';
import { type ResourceValues, SCHEMA_URL, telemetryResource } from './resource.ts';

export interface RecorderOptions {
  readonly metrics: ChosenMetrics;
  readonly resource: ResourceValues;
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
  readonly startedUnixMillis: number;
  /** Metrics whose values are exported elsewhere; only points that end their series are made here. */
  readonly elsewhere?: MetricsElsewhere;
  /** Additional attributes of the points of processes; the default ones if not given. */
  readonly processAttributes?: readonly ProcessAttribute[] | undefined;
}

/**
 * Makes metrics from ticks and windows, in the SDK's data model and without its instruments: those keep every series
 * forever, have no individual start times, and cost several times as much per point.
 */
export class Recorder {
  readonly #resource: Resource;
  readonly #scope: { readonly name: string; readonly version: string; readonly schemaUrl: string };
  readonly #points: WindowPoints;
  readonly #distributions: Distributions;
  /** Metrics of the program itself, without its distributions. */
  readonly #selfSeries: number;

  constructor({
    metrics,
    resource,
    temporality,
    histogramAggregation,
    startedUnixMillis,
    processAttributes,
    elsewhere,
  }: RecorderOptions) {
    this.#resource = telemetryResource(resource);
    this.#scope = { name: 'unitledger', version: resource.version, schemaUrl: SCHEMA_URL };
    this.#selfSeries = metrics.self.reduce((count, metric) => count + metric.series.length, 0);
    // `lowmemory` means deltas for synchronous and cumulative values for asynchronous instruments.
    const deltas = temporality === 'delta';
    this.#points = new WindowPoints(metrics, deltas, startedUnixMillis, processAttributes, elsewhere);
    this.#distributions = new Distributions({
      metrics,
      deltas: temporality !== 'cumulative',
      aggregation: histogramAggregation,
      startedUnixMillis,
    });
  }

  /** Records the rows of one tick that have a rate. */
  recordTick(usage: Usage): void {
    this.#distributions.recordTick(usage);
  }

  /** All points of one window; all end with it, except those that begin series. */
  collectWindow(window: ExportWindow, self: ProgramFigures): ResourceMetrics {
    const metrics = [...this.#points.collect(window), ...this.#distributions.collect(window)];
    const series = seriesIn(metrics, window.endUnixMillis) + this.#selfSeries;
    metrics.push(...this.#points.collectSelf({ ...self, series, folded: window.folded }));
    return { resource: this.#resource, scopeMetrics: [{ scope: this.#scope, metrics }] };
  }
}
