import {
  type AggregationTemporality,
  AggregationType,
  type CollectionResult,
  type MetricData,
  type MetricProducer,
  MetricReader,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { HistogramAggregation } from './choices.ts';
import { hrTimeOf } from './hr-time.ts';

/** The scope of the SDK's instruments; exported metrics all have one scope. */
export const INSTRUMENTS = 'unitledger.instruments';

/** The SDK limits no instrument: the program's own budget bounds the series. */
const CARDINALITY_LIMIT = 10_000_000;

/** Start and end of the points of a collection. */
interface Times {
  readonly startUnixMillis: number;
  readonly endUnixMillis: number;
}

export interface WindowReaderOptions {
  readonly temporality: AggregationTemporality;
  readonly histogramAggregation: HistogramAggregation;
  /** Metrics from a producer, with their own times. */
  readonly producers?: MetricProducer[];
}

/** A reader of the SDK that the ledger's clock drives: it collects when a window closes, and never by itself. */
export class WindowReader extends MetricReader {
  constructor({ temporality, histogramAggregation, producers = [] }: WindowReaderOptions) {
    super({
      metricProducers: producers,
      aggregationTemporalitySelector: () => temporality,
      aggregationSelector: () => ({
        type:
          histogramAggregation === 'base2_exponential_bucket_histogram'
            ? AggregationType.EXPONENTIAL_HISTOGRAM
            : AggregationType.DEFAULT,
      }),
      cardinalitySelector: () => CARDINALITY_LIMIT,
    });
  }

  /**
   * All metrics; those of the SDK's instruments have the window's times instead of the time of the collection.
   * Throws errors of an instrument's callback. No tick can come in between: the callbacks are synchronous.
   */
  async collectWindow(times: Times): Promise<MetricData[]> {
    const scopes = await this.#collected();
    return scopes.flatMap(({ scope, metrics }) =>
      scope.name === INSTRUMENTS
        ? metrics.filter(hasPoints).map((metric) => restamped(metric, times))
        : metrics,
    );
  }

  /** The metrics of the SDK's instruments, with the times of the collection. Throws errors of an instrument's callback. */
  async collectInstruments(): Promise<MetricData[]> {
    const scopes = await this.#collected();
    return scopes.flatMap(({ metrics }) => metrics.filter(hasPoints));
  }

  async #collected(): Promise<readonly ScopeMetrics[]> {
    const { resourceMetrics, errors }: CollectionResult = await this.collect();
    if (errors.length > 0) throw errors[0];
    return resourceMetrics.scopeMetrics;
  }

  protected override async onShutdown(): Promise<void> {
    // Delivery is shut down by its owner; there is no timer here to stop.
  }

  protected override async onForceFlush(): Promise<void> {
    // Nothing is buffered: each window is passed on as soon as it is collected.
  }
}

function hasPoints({ dataPoints }: MetricData): boolean {
  return dataPoints.length > 0;
}

/** The metric with the times of a window. */
export function restamped(metric: MetricData, { startUnixMillis, endUnixMillis }: Times): MetricData {
  const startTime = hrTimeOf(Math.min(startUnixMillis, endUnixMillis));
  const endTime = hrTimeOf(endUnixMillis);
  const dataPoints = metric.dataPoints.map(({ attributes, value }) => ({
    attributes,
    startTime,
    endTime,
    value,
  }));
  return { ...metric, dataPoints } as MetricData;
}
