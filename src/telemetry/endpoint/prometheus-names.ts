import type { Attributes } from '@opentelemetry/api';

/** UCUM units in Prometheus's words (OpenTelemetry's page on compatibility with Prometheus). */
const UNIT_WORDS: Readonly<Record<string, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  By: 'bytes',
  '%': 'percent',
};
const PER_WORDS: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour' };

/**
 * A metric's name as Prometheus itself makes it of OTLP, but for the `_total` of counters: so the same queries and
 * dashboards hold whichever way the metrics came. `process.cpu.time` in `s` is `process_cpu_time_seconds`.
 */
export function prometheusName(name: string, unit: string, isGauge: boolean): string {
  const words = name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  for (const word of wordsOf(unit, isGauge)) if (!words.includes(word)) words.push(word);
  return words.join('_');
}

/** An attribute's key as Prometheus itself makes a label's name of it. */
function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^[0-9]/.test(name) ? `key_${name}` : name;
}

/**
 * Attributes with the names of labels as keys. Keys that become one name are one label, its values joined by `;` in the
 * order of the keys: Prometheus refuses a page with a label that stands twice.
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
