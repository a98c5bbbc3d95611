import type { Attributes } from '@opentelemetry/api';

/** Prometheus's names of UCUM units (OpenTelemetry's page on compatibility with Prometheus). */
const UNIT_WORDS: Readonly<Record<string, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  By: 'bytes',
  '%': 'percent',
};
const PER_WORDS: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour' };

/**
 * The name that Prometheus itself makes from OTLP, without the `_total` of counters, so that the same queries and
 * dashboards work for both ways. `process.cpu.time` in `s` is `process_cpu_time_seconds`.
 */
export function prometheusName(name: string, unit: string, isGauge: boolean): string {
  const words = name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  for (const word of wordsOf(unit, isGauge)) if (!words.includes(word)) words.push(word);
  return words.join('_');
}

/** The label name that Prometheus itself makes from an attribute's key. */
function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9]+/g, '_');
  return /^[0-9]/.test(name) ? `key_${name}` : name;
}

/**
 * Attributes with label names as keys. Keys that become one name make one label, with values joined by `;` in the
 * order of the keys: Prometheus refuses a page with a duplicate label.
 */
export function labelsOf(attributes: Attributes): Attributes {
  const labels = new Map<string, string>();
  for (const key of Object.keys(attributes).sort()) {
    const name = labelName(key);
    const known = labels.get(name);
    labels.set(name, known === undefined ? String(attributes[key]) : `${known};${attributes[key]}`);
  }
  return Object.fromEntries(labels);
}

function wordsOf(unit: string, isGauge: boolean): readonly string[] {
  if (unit === '1') return isGauge ? ['ratio'] : [];
  const [main = '', per] = unit.split('/').map((part) => part.replace(/\{.*\}/, ''));
  const words = main === '' ? [] : [UNIT_WORDS[main] ?? main];
  if (per !== undefined && per !== '') words.push(`per_${PER_WORDS[per] ?? per}`);
  return words;
}
