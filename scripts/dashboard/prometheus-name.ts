import type { Metric } from '../../src/telemetry/catalogue/metric.ts';

/** Words that Prometheus puts for a unit of UCUM at the end of a name; annotations in braces are left out. */
const UNIT_WORDS: Readonly<Record<string, string>> = {
  s: 'seconds',
  By: 'bytes',
  'By/s': 'bytes_per_second',
};

/**
 * The name of a metric in a Prometheus that took it over OTLP with its default translation
 * (`UnderscoreEscapingWithSuffixes`). A histogram has it with `_bucket`, `_count` and `_sum` behind.
 *
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function prometheusName({
  name,
  unit,
  instrument,
}: Pick<Metric, 'name' | 'unit' | 'instrument'>): string {
  const words = [labelName(name)];
  if (UNIT_WORDS[unit] !== undefined) words.push(UNIT_WORDS[unit]);
  else if (unit === '1' && instrument !== 'counter') words.push('ratio');
  else if (!/^(1|\{.*\})$/.test(unit)) throw new Error(`${name}: no word for the unit ${unit}`);
  if (instrument === 'counter') words.push('total');
  return words.join('_');
}

/** The label that an attribute becomes. */
export function labelName(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9]/g, '_');
}
