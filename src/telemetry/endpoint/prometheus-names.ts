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

function wordsOf(unit: string, isGauge: boolean): readonly string[] {
  if (unit === '1') return isGauge ? ['ratio'] : [];
  const [main = '', per] = unit.split('/').map((part) => part.replace(/\{.*\}/, ''));
  const words = main === '' ? [] : [UNIT_WORDS[main] ?? main];
  if (per !== undefined && per !== '') words.push(`per_${PER_WORDS[per] ?? per}`);
  return words;
}
