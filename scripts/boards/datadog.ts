/**
 * Dashboards for Datadog, as its API (v1, `POST /api/v1/dashboard`) takes them: the charts of Grafana's dashboards, over
 * the names that the Collector's Datadog exporter gives metrics and attributes, which are their own.
 */
import { attributeKeys } from '../../src/telemetry/catalogue.ts';
import { type Chart, type Draw, metricNamed } from '../dashboard/chart.ts';
import { DASHBOARD_ROWS, type Row } from '../dashboard/charts.ts';
import { attributesOf, conditionsOf } from './drawn.ts';

interface Variable {
  readonly name: string;
  readonly prefix: string;
}

const HOST: Variable = { name: 'host', prefix: 'host' };
const UNIT: Variable = { name: 'unit', prefix: 'systemd.unit.name' };
const PID: Variable = { name: 'pid', prefix: 'process.pid' };

/** Every dashboard by the name of its file, without `.json`. */
export const DATADOG_DASHBOARDS: Readonly<Record<string, () => object>> = {
  'unitledger-units': () =>
    dashboard('unitledger: units', 'All tracked units.', DASHBOARD_ROWS.units, [HOST]),
  'unitledger-unit': () =>
    dashboard(
      'unitledger: unit',
      'CPU, memory and I/O of one unit, by process. Choose the unit above.',
      DASHBOARD_ROWS.unit,
      [UNIT, HOST],
    ),
  'unitledger-process': () =>
    dashboard(
      'unitledger: process',
      'One process of a unit. Choose unit and PID above.',
      DASHBOARD_ROWS.process,
      [UNIT, PID, HOST],
    ),
  'unitledger-self': () =>
    dashboard(
      'unitledger: itself',
      'Delivery, sampling and cost of unitledger itself.',
      DASHBOARD_ROWS.self,
      [HOST],
    ),
};

function dashboard(
  title: string,
  description: string,
  rows: readonly Row[],
  variables: readonly Variable[],
): object {
  return {
    title,
    description,
    layout_type: 'ordered',
    reflow_type: 'auto',
    template_variables: variables.map((variable) => ({ ...variable, available_values: [], defaults: ['*'] })),
    widgets: rows.map((row) => ({
      definition: {
        type: 'group',
        layout_type: 'ordered',
        title: row.title,
        widgets: row.charts.map((chart) => ({ definition: timeseries(chart, variables) })),
      },
    })),
  };
}

function timeseries(chart: Chart, variables: readonly Variable[]): object {
  return {
    type: 'timeseries',
    title: chart.title,
    show_legend: true,
    legend_layout: 'auto',
    requests: chart.draws.flatMap((draw) =>
      lookedAt(draw).map(({ aggregator, alias }) => ({
        response_format: 'timeseries',
        display_type: { lines: 'line', stacked: 'area', steps: 'bars' }[chart.style ?? 'lines'],
        queries: [{ name: 'query1', data_source: 'metrics', query: queryOf(draw, aggregator, variables) }],
        formulas: [{ formula: 'query1', ...(alias === undefined ? {} : { alias }) }],
      })),
    ),
    ...(chart.top === undefined ? {} : { yaxis: { min: '0', max: String(chart.top * 1.05) } }),
  };
}

/** How series that differ in nothing that is asked for become one. Of a distribution there are two answers. */
function lookedAt({ metric, aggregate, legend }: Draw): { aggregator: string; alias?: string }[] {
  if (metricNamed(metric).instrument === 'histogram')
    return [
      { aggregator: 'avg', alias: 'mean' },
      { aggregator: 'max', alias: 'highest' },
    ];
  // Legends that name labels are Grafana's; Datadog names the tags by itself.
  const isText = legend !== undefined && !legend.includes('{{');
  return [{ aggregator: aggregate ?? 'sum', ...(isText ? { alias: legend } : {}) }];
}

function queryOf(draw: Draw, aggregator: string, variables: readonly Variable[]): string {
  const metric = metricNamed(draw.metric);
  const scope = [
    ...variables.map(({ name }) => `$${name}`),
    ...conditionsOf(draw).map(
      ({ attribute, isNegated, value }) => `${isNegated ? '!' : ''}${attribute}:${value}`,
    ),
  ];
  const isHistogram = metric.instrument === 'histogram';
  const chosen = variables.map(({ prefix }) => prefix);
  const every = isHistogram ? [] : attributeKeys(metric).filter((key) => !chosen.includes(key));
  const by = attributesOf(draw) ?? every.filter((key) => key !== UNIT.prefix);
  const grouping = by.length === 0 ? '' : ` by {${by.join(',')}}`;
  const change = metric.instrument !== 'counter' ? '' : draw.increase === true ? '.as_count()' : '.as_rate()';
  return `${aggregator}:${draw.metric}{${scope.join(',')}}${grouping}${change}`;
}
