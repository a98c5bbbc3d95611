import { prometheusName } from '../../../src/telemetry/endpoint/prometheus-names.ts';

type Attributes = Readonly<Record<string, string>>;

/** A window as the console exporter prints it. A point that ends a series has no value. */
export interface ConsoleWindow {
  readonly metrics: readonly {
    readonly name: string;
    readonly unit: string;
    readonly points: readonly { readonly attributes: Attributes; readonly value?: unknown }[];
  }[];
}

/** Counters that alert rules read. */
const COUNTERS = [
  'unitledger.unit.memory.events',
  'unitledger.unit.cpu.throttled.time',
  'unitledger.unit.restarts',
  'unitledger.unit.cpu.time',
];
/** Gauges that alert rules read. */
const GAUGES = ['unitledger.unit.present', 'unitledger.unit.cpu.coverage', 'unitledger.self.memory.usage'];

/** Labels that Prometheus gives to all series of one unitledger. */
export const SENDER: Attributes = { job: 'unitledger', instance: 'vm' };

/**
 * The value of the series with these attributes; undefined where it has none. A series that begins has a 0 before it, one
 * that ends a point without a value after it.
 */
export function valueIn(window: ConsoleWindow, name: string, attributes: Attributes): number | undefined {
  const points = window.metrics.find((metric) => metric.name === name)?.points ?? [];
  const keys = Object.entries(attributes);
  const found = points.findLast(
    (point) => point.value !== undefined && keys.every(([key, value]) => point.attributes[key] === value),
  );
  return found?.value as number | undefined;
}

/** What alert rules read of windows, as `input_series` of promtool: one value a window. */
export function promtoolSeries(
  windows: readonly ConsoleWindow[],
): { readonly series: string; readonly values: string }[] {
  const known = new Map<string, { readonly series: string; readonly values: string }>();
  for (const { metrics } of windows) {
    for (const { name, unit, points } of metrics) {
      const isCounter = COUNTERS.includes(name);
      if (!isCounter && !GAUGES.includes(name)) continue;
      for (const { attributes } of points) {
        const labels = Object.entries({ ...SENDER, ...attributes }).map(
          ([key, value]) => `${key.replaceAll('.', '_')}=${JSON.stringify(value)}`,
        );
        const series = `${prometheusName(name, unit, !isCounter)}${isCounter ? '_total' : ''}{${labels}}`;
        const values = windows.map((window) => valueIn(window, name, attributes) ?? '_').join(' ');
        known.set(series, { series, values });
      }
    }
  }
  return [...known.values()];
}
