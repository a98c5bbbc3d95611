import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { metricNamed, selector } from './chart.ts';
import { DATA_SOURCE } from './panels.ts';
import { type ThresholdName, thresholdsOf, UP_DOWN } from './thresholds.ts';

/** One number of the row at the top of a dashboard. */
export interface Stat {
  readonly title: string;
  /** Its name in the catalogue. */
  readonly metric: string;
  readonly unit: string;
  readonly aggregate?: 'sum' | 'min' | 'max' | 'count';
  /** More that the series have to match. */
  readonly where?: string;
  /** Of a counter: how fast it rises now, or how much it rose in the time that is looked at. */
  readonly change?: 'rate' | 'increase';
  readonly thresholds?: ThresholdName;
  /** 1 is up, 0 is down. */
  readonly isState?: true;
}

const CORES = 'suffix: cores';
const COVERAGE = {
  title: 'CPU coverage',
  metric: 'unitledger.unit.cpu.coverage',
  unit: 'percentunit',
  aggregate: 'min',
  thresholds: 'coverage',
} as const satisfies Stat;
const RESTARTS = {
  title: 'Restarts',
  metric: 'unitledger.unit.restarts',
  unit: 'short',
  change: 'increase',
  thresholds: 'restarts',
} as const satisfies Stat;
const OOM_KILLS = {
  title: 'OOM kills',
  metric: 'unitledger.unit.memory.events',
  where: 'type="oom_kill"',
  unit: 'short',
  change: 'increase',
  thresholds: 'events',
} as const satisfies Stat;

/** The row at the top of each dashboard. */
export const STATS = {
  units: [
    { title: 'Units up', metric: 'unitledger.unit.present', unit: 'short' },
    { title: 'CPU', metric: 'unitledger.unit.cpu.usage', unit: CORES },
    { title: 'Memory', metric: 'unitledger.unit.memory.usage', unit: 'bytes' },
    { title: 'Processes', metric: 'unitledger.unit.process.count', unit: 'short' },
    { ...COVERAGE, title: 'Lowest CPU coverage' },
    RESTARTS,
    OOM_KILLS,
  ],
  unit: [
    {
      title: 'State',
      metric: 'unitledger.unit.present',
      unit: 'short',
      aggregate: 'max',
      isState: true,
    },
    { title: 'CPU', metric: 'unitledger.unit.cpu.usage', unit: CORES },
    { title: 'Memory', metric: 'unitledger.unit.memory.usage', unit: 'bytes' },
    COVERAGE,
    {
      title: 'CPU throttling',
      metric: 'unitledger.unit.cpu.throttled.time',
      unit: 'percentunit',
      change: 'rate',
      thresholds: 'throttling',
    },
    {
      title: 'CPU pressure',
      metric: 'unitledger.unit.pressure.time',
      where: 'resource="cpu",type="some"',
      unit: 'percentunit',
      aggregate: 'max',
      change: 'rate',
      thresholds: 'pressure',
    },
    RESTARTS,
    OOM_KILLS,
  ],
  process: [
    { title: 'CPU', metric: 'unitledger.process.cpu.usage', unit: CORES },
    { title: 'Memory (RSS)', metric: 'process.memory.usage', unit: 'bytes' },
    { title: 'Disk I/O', metric: 'unitledger.process.disk.throughput', unit: 'binBps' },
    {
      title: 'Transfer (read and write calls)',
      metric: 'unitledger.process.transfer.throughput',
      unit: 'binBps',
    },
  ],
  self: [
    {
      title: 'Instances',
      metric: 'unitledger.self.memory.usage',
      unit: 'short',
      aggregate: 'count',
    },
    {
      title: 'Export windows not delivered',
      metric: 'unitledger.self.export.windows',
      where: 'outcome!="delivered"',
      unit: 'short',
      change: 'increase',
      thresholds: 'events',
    },
    {
      title: 'Missed samples',
      metric: 'unitledger.self.ticks.missed',
      unit: 'short',
      change: 'increase',
      thresholds: 'events',
    },
    { title: 'Tracked processes', metric: 'unitledger.self.tracked_process.count', unit: 'short' },
    { title: 'CPU of unitledger', metric: 'unitledger.self.cpu.time', unit: CORES, change: 'rate' },
    { title: 'Memory of unitledger', metric: 'unitledger.self.memory.usage', unit: 'bytes' },
  ],
} as const satisfies Readonly<Record<string, readonly Stat[]>>;

const WHOLE_ROW = 24;
const HEIGHT = 4;

/** A row of numbers, as wide as the dashboard. */
export function statPanels(stats: readonly Stat[], selection: readonly string[]): readonly Builder<Panel>[] {
  return stats.map((stat, at) => {
    const [from, to] = [at, at + 1].map((each) => Math.round((each * WHOLE_ROW) / stats.length));
    return panelOf(stat, selection).span(to! - from!);
  });
}

function panelOf(stat: Stat, selection: readonly string[]): StatPanelBuilder {
  const { title, metric, unit, thresholds = 'none', isState = false } = stat;
  const panel = new StatPanelBuilder()
    .title(title)
    .description(descriptionOf(stat))
    .datasource(DATA_SOURCE)
    .height(HEIGHT)
    .unit(unit)
    .noValue('no data')
    .thresholds(thresholdsOf(thresholds))
    .colorMode(BigValueColorMode.Value)
    .graphMode(isState || stat.change === 'increase' ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false));
  if (isState) panel.mappings([...UP_DOWN]);
  if (stat.change === 'increase') panel.decimals(0);
  const query = new DataqueryBuilder().refId('A').datasource(DATA_SOURCE).expr(expressionOf(stat, selection));
  return panel.withTarget(stat.change === 'increase' ? query.instant() : query.range().legendFormat(metric));
}

function expressionOf(
  { metric, aggregate = 'sum', where, change }: Stat,
  selection: readonly string[],
): string {
  const series = selector(metricNamed(metric), where === undefined ? selection : [...selection, where]);
  if (change === undefined) return `${aggregate} (${series})`;
  const range = change === 'rate' ? '$__rate_interval' : '$__range';
  return `${aggregate} (${change}(${series}[${range}]))`;
}

function descriptionOf({ metric, change }: Stat): string {
  const { name, description } = metricNamed(metric);
  const when = change === 'increase' ? ' In the displayed time range.' : '';
  return `${name}: ${description}${when}`;
}
