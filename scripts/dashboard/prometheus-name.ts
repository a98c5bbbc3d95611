import type { Metric } from '../../src/telemetry/catalogue/metric.ts';
import { prometheusName as nameWithUnit } from '../../src/telemetry/endpoint/prometheus-names.ts';

/**
 * The name of a metric in a Prometheus that took it over OTLP with its default translation
 * (`UnderscoreEscapingWithSuffixes`), or from `/metrics`. A histogram has it with `_bucket`, `_count` and `_sum` behind.
 *
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function prometheusName({
  name,
  unit,
  instrument,
}: Pick<Metric, 'name' | 'unit' | 'instrument'>): string {
  const words = nameWithUnit(name, unit, instrument === 'gauge');
  return instrument === 'counter' ? `${words}_total` : words;
}

/** The label that an attribute becomes. */
export function labelName(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9]/g, '_');
}
