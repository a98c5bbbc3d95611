import type { Metric } from '../../src/telemetry/catalogue/metric.ts';
import { attributeKeys, CATALOGUE } from '../../src/telemetry/catalogue.ts';
import { labelName, prometheusName } from './prometheus-name.ts';
import type { ThresholdName } from './thresholds.ts';

/** What a panel draws of one metric. */
export interface Draw {
  /** Its name in the catalogue. */
  readonly metric: string;
  /** Labels that set the lines apart; every one that the metric has beside its unit, if not given. */
  readonly by?: readonly string[];
  /** More that the series have to match: `booking="live"`. */
  readonly where?: string;
  /** As Grafana writes it; the labels, if not given. */
  readonly legend?: string;
  /** How series that differ in nothing of `by` become one; their sum, if not given. */
  readonly aggregate?: 'sum' | 'min' | 'max';
  /** Of a counter: how much it rose between two points of the graph, instead of how fast. */
  readonly increase?: true;
}

/** One panel. */
export interface Chart {
  readonly title: string;
  readonly draws: readonly Draw[];
  /** `stacked`: the lines add up; `steps`: states, or counts of events. A histogram is drawn as what it is. */
  readonly style?: 'lines' | 'stacked' | 'steps';
  /** A unit of Grafana, where that of the first metric does not say it. */
  readonly unit?: string;
  /** Of 24; 8 if not given. */
  readonly width?: number;
  /** The largest value there can be: the axis ends a little above it, so that a line there is seen. */
  readonly top?: number;
  readonly thresholds?: ThresholdName;
  /** Legend of the line whose 1 and 0 are up and down. */
  readonly state?: string;
}

const UNIT_LABEL = 'systemd_unit_name';
const BY_NAME: ReadonlyMap<string, Metric> = new Map(CATALOGUE.map((metric) => [metric.name, metric]));

/** The metric of the catalogue that has this name. */
export function metricNamed(name: string): Metric {
  const metric = BY_NAME.get(name);
  if (metric === undefined) throw new Error(`no metric of the catalogue is named ${name}`);
  return metric;
}

/** The metric as it is stored, with the labels that the dashboard was told to look at. */
export function selector(metric: Metric, selection: readonly string[], suffix = ''): string {
  return `${prometheusName(metric)}${suffix}{${selection.join(',')}}`;
}

/** @param selection Label matchers of the dashboard: `instance=~"$instance"`. */
export function expressionOf(draw: Draw, selection: readonly string[]): string {
  const metric = metricNamed(draw.metric);
  const matchers = draw.where === undefined ? selection : [...selection, draw.where];
  if (metric.instrument === 'histogram') {
    return `sum by (le) (increase(${selector(metric, matchers, '_bucket')}[$__rate_interval]))`;
  }
  const series = selector(metric, matchers);
  const change = draw.increase === true ? 'increase' : 'rate';
  const value = metric.instrument === 'counter' ? `${change}(${series}[$__rate_interval])` : series;
  const by = labelsOf(draw);
  const grouping = by.length === 0 ? '' : ` by (${by.join(', ')})`;
  return `${draw.aggregate ?? 'sum'}${grouping} (${value})`;
}

export function legendOf(draw: Draw, title: string): string {
  if (draw.legend !== undefined) return draw.legend;
  const labels = labelsOf(draw).map((label) => `{{${label}}}`);
  return labels.length === 0 ? title : labels.join(' ');
}

function labelsOf({ metric, by }: Draw): readonly string[] {
  return (
    by ??
    attributeKeys(metricNamed(metric))
      .map(labelName)
      .filter((label) => label !== UNIT_LABEL)
  );
}

/** Grafana's unit for what is drawn. */
export function unitOf({ draws, unit }: Chart): string {
  if (unit !== undefined) return unit;
  const [draw] = draws;
  const metric = metricNamed(draw!.metric);
  const perSecond = metric.instrument === 'counter' && draw!.increase !== true;
  switch (metric.unit) {
    case 's':
      // Seconds a second: cores, where they are of CPU.
      return perSecond ? (metric.name.includes('cpu.time') ? 'suffix: cores' : 'percentunit') : 's';
    case 'By':
      return perSecond ? 'binBps' : 'bytes';
    case 'By/s':
      return 'binBps';
    case '{cpu}':
      return 'suffix: cores';
    case '1':
      return 'percentunit';
    default:
      return perSecond ? 'cps' : 'short';
  }
}
