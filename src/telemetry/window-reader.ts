import { MetricReader, type ResourceMetrics, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { Log } from '../text/log.ts';
import type { CurrentWindow, WindowSnapshot } from './current-window.ts';
import type { ObservedSeries } from './observed-series.ts';
import type { ProcessProducer } from './process-producer.ts';
import { restamp } from './restamp.ts';
import { aggregationOf, type HistogramAggregation, type Temporality, temporalityOf } from './temporality.ts';

/**
 * Series of one instrument beyond which the SDK folds into one. Units of patterns (2,000), executable names (10,000) and
 * devices (16 a unit) are bounded below it, with those that are gone (`Recorder`).
 */
const CARDINALITY_LIMIT = 200_000;

export interface WindowReaderOptions {
  readonly current: CurrentWindow;
  readonly observed: ObservedSeries;
  readonly producer: ProcessProducer;
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
  readonly startedUnixMillis: number;
  /** Since when the histograms of this reader's SDK count. */
  readonly histogramsStartUnixMillis: number;
  readonly log: Log;
}

/**
 * A reader that the ledger's clock drives: a window is collected when it closes, whenever anyone asks for metrics, and
 * all its points end at its end.
 */
export class WindowReader extends MetricReader {
  readonly #options: WindowReaderOptions;

  constructor(options: WindowReaderOptions) {
    super({
      metricProducers: [options.producer],
      aggregationTemporalitySelector: (instrument) => temporalityOf(instrument, options.temporality),
      aggregationSelector: (instrument) => aggregationOf(instrument, options.histogramAggregation),
      cardinalitySelector: () => CARDINALITY_LIMIT,
    });
    this.#options = options;
  }

  /**
   * All points of one window. Not to be called again before the promise is settled. No tick can come in between: the
   * callbacks are synchronous, so the collection ends before the next timer runs.
   */
  async collectWindow(snapshot: WindowSnapshot): Promise<ResourceMetrics> {
    const { current, observed, startedUnixMillis, histogramsStartUnixMillis, log } = this.#options;
    current.turnTo(snapshot);
    observed.clear();
    const { resourceMetrics, errors } = await this.collect();
    for (const error of errors) log.error({ err: error }, 'a metric could not be collected');
    const { previousEndUnixMillis } = current;
    const stamp = {
      snapshot,
      previousEndUnixMillis,
      startedUnixMillis,
      histogramsStartUnixMillis,
      observed,
    };
    return {
      resource: resourceMetrics.resource,
      scopeMetrics: oneOfEachScope(resourceMetrics.scopeMetrics).map(({ scope, metrics }) => ({
        scope,
        metrics: restamp(metrics, stamp),
      })),
    };
  }

  protected override async onShutdown(): Promise<void> {
    // Delivery is shut down by its owner; there is no timer here to stop.
  }

  protected override async onForceFlush(): Promise<void> {
    // Nothing is held back: each window is handed on as soon as it is collected.
  }
}

/** The SDK's metrics and the producer's have the same scope, and come apart. */
function oneOfEachScope(scopes: readonly ScopeMetrics[]): ScopeMetrics[] {
  const merged: Map<string, ScopeMetrics> = new Map();
  for (const { scope, metrics } of scopes) {
    const key = `${scope.name}\0${scope.version ?? ''}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { scope, metrics: [...metrics] });
    else known.metrics.push(...metrics);
  }
  return [...merged.values()];
}
