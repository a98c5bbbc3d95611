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
  /** Metrics whose values are exported elsewhere: here are only the points that end their series. */
  readonly elsewhere?: MetricsElsewhere;
  /** What more the points of processes say; the usual if not given. */
  readonly processAttributes?: readonly ProcessAttribute[] | undefined;
}

/**
 * Makes metrics of ticks and windows, in the SDK's own form and without its instruments: those keep every series that
 * ever was, have no start of their own for each, and cost several times as much a point.
 */
export class Recorder {
  readonly #resource: Resource;
  readonly #scope: { readonly name: string; readonly version: string; readonly schemaUrl: string };
  readonly #points: WindowPoints;
  readonly #distributions: Distributions;
  /** Those that say something of the program itself, its distributions not among them. */
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
    // `lowmemory` is delta for what is recorded, and cumulative for what is observed.
    const deltas = temporality === 'delta';
    this.#points = new WindowPoints(metrics, deltas, startedUnixMillis, processAttributes, elsewhere);
    this.#distributions = new Distributions({
      metrics,
      deltas: temporality !== 'cumulative',
      aggregation: histogramAggregation,
      startedUnixMillis,
    });
  }

  /** Records one tick's rows, those that have a rate. */
  recordTick(usage: Usage): void {
    this.#distributions.recordTick(usage);
  }

  /** All points of one window; all end when it ends, but for those that begin series. */
  collectWindow(window: ExportWindow, self: ProgramFigures): ResourceMetrics {
    const metrics = [...this.#points.collect(window), ...this.#distributions.collect(window)];
    const series = seriesIn(metrics, window.endUnixMillis) + this.#selfSeries;
    metrics.push(...this.#points.collectSelf({ ...self, series, folded: window.folded }));
    return { resource: this.#resource, scopeMetrics: [{ scope: this.#scope, metrics }] };
  }
}
