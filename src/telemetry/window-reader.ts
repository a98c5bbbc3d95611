import type { HrTime } from '@opentelemetry/api';
import {
  type AggregationTemporality,
  AggregationType,
  type CollectionResult,
  type MetricData,
  type MetricProducer,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { HistogramAggregation } from './choices.ts';
import { hrTimeOf } from './hr-time.ts';

/** The scope of the SDK's instruments here; what leaves the program has one scope for all. */
export const INSTRUMENTS = 'unitledger.instruments';

/** No instrument is cut by the SDK: what has series is bounded by the program's own budget. */
const CARDINALITY_LIMIT = 10_000_000;

/** When the points of a collection began and ended. */
interface Times {
  readonly startUnixMillis: number;
  readonly endUnixMillis: number;
}

export interface WindowReaderOptions {
  readonly temporality: AggregationTemporality;
  readonly histogramAggregation: HistogramAggregation;
  /** What comes from elsewhere than instruments, with times of its own. */
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
   * All metrics; those of the SDK's instruments have the window's times in the place of the moment they were collected
   * at. Throws what an instrument's callback threw. No tick can come in between: the callbacks are synchronous.
   */
  async collectWindow(times: Times): Promise<MetricData[]> {
    const { resourceMetrics, errors }: CollectionResult = await this.collect();
    if (errors.length > 0) throw errors[0];
    const startTime = hrTimeOf(Math.min(times.startUnixMillis, times.endUnixMillis));
    const endTime = hrTimeOf(times.endUnixMillis);
    return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
      scope.name === INSTRUMENTS
        ? metrics.filter(hasPoints).map((metric) => restamped(metric, startTime, endTime))
        : metrics,
    );
  }

  protected override async onShutdown(): Promise<void> {
    // Delivery is shut down by its owner; there is no timer here to stop.
  }

  protected override async onForceFlush(): Promise<void> {
    // Nothing is held back: each window is handed on as soon as it is collected.
  }
}

function hasPoints({ dataPoints }: MetricData): boolean {
  return dataPoints.length > 0;
}

function restamped(metric: MetricData, startTime: HrTime, endTime: HrTime): MetricData {
  const dataPoints = metric.dataPoints.map(({ attributes, value }) => ({
    attributes,
    startTime,
    endTime,
    value,
  }));
  return { ...metric, dataPoints } as MetricData;
}
