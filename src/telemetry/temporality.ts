import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';

/** Values of `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` (OTLP metrics exporter specification). */
export type Temporality = 'cumulative' | 'delta' | 'lowmemory';

/** Values of `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`. */
export type HistogramAggregation = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram';

/**
 * The temporality that an instrument's points have. Gauges have none on the wire; the SDK, asked for cumulative ones,
 * repeats what is no longer observed for ever, so they are delta to it. `lowmemory` is delta for what is recorded
 * and cumulative for what is observed.
 */
export function temporalityOf(instrument: InstrumentType, preference: Temporality): AggregationTemporality {
  switch (instrument) {
    case InstrumentType.GAUGE:
    case InstrumentType.OBSERVABLE_GAUGE:
      return AggregationTemporality.DELTA;
    case InstrumentType.UP_DOWN_COUNTER:
    case InstrumentType.OBSERVABLE_UP_DOWN_COUNTER:
      return AggregationTemporality.CUMULATIVE;
    case InstrumentType.OBSERVABLE_COUNTER:
      return preference === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
    case InstrumentType.COUNTER:
    case InstrumentType.HISTOGRAM:
      return preference === 'cumulative' ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA;
  }
}

/** How an instrument is aggregated: histograms by their catalogue's buckets, or exponentially. */
export function aggregationOf(
  instrument: InstrumentType,
  histograms: HistogramAggregation,
): AggregationOption {
  return instrument === InstrumentType.HISTOGRAM && histograms === 'base2_exponential_bucket_histogram'
    ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
    : { type: AggregationType.DEFAULT };
}
