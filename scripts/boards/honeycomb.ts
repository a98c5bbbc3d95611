/**
 * Boards for Honeycomb: the charts of Grafana's dashboards. Its API takes queries, their names and boards one by one, each
 * with the identifiers of those before; so a file holds `board`, and its queries in the order of its panels, as their
 * requests have them, and `deploy/honeycomb/load.mjs` sends them.
 */
import { attributeKeys } from '../../src/telemetry/catalogue.ts';
import { type Chart, type Draw, metricNamed } from '../dashboard/chart.ts';
import { DASHBOARD_ROWS, type Row } from '../dashboard/charts.ts';
import { attributesOf, conditionsOf } from './drawn.ts';

const UNIT = 'systemd.unit.name';
const INSTANCE = 'service.instance.id';
const NAME = 'process.executable.name';
const PID = 'process.pid';
const LOOK_BACK_SECONDS = 3600;
/** Says the same as the PID beside it: which of two that had it. */
const TOLD_BY_PID = 'process.creation.time';

interface Query {
  readonly name: string;
  readonly query: object;
  readonly visualization_settings: object;
}

interface Breakdown {
  /** Always told apart: a gauge of two units is no sum of theirs. */
  readonly always: readonly string[];
  readonly filters: readonly { readonly column: string; readonly alias: string }[];
}

const HOST = { column: 'host.name', alias: 'Host' };
const UNIT_FILTER = { column: UNIT, alias: 'Unit' };

/** Every board by the name of its file, without `.json`. */
export const HONEYCOMB_BOARDS: Readonly<Record<string, () => object>> = {
  'unitledger-units': () =>
    board('unitledger: units', 'All tracked units.', DASHBOARD_ROWS.units, {
      always: [UNIT],
      filters: [UNIT_FILTER, HOST],
    }),
  'unitledger-unit': () =>
    board(
      'unitledger: unit',
      'CPU, memory and I/O of one unit, by process. Filter for the unit.',
      DASHBOARD_ROWS.unit,
      { always: [UNIT], filters: [UNIT_FILTER, { column: NAME, alias: 'Executable' }, HOST] },
    ),
  'unitledger-process': () =>
    board(
      'unitledger: process',
      'Processes with series of their own. Filter for one.',
      DASHBOARD_ROWS.process,
      { always: [UNIT, NAME, PID], filters: [UNIT_FILTER, { column: PID, alias: 'PID' }, HOST] },
    ),
  'unitledger-self': () =>
    board('unitledger: itself', 'Delivery, sampling and cost of unitledger itself.', DASHBOARD_ROWS.self, {
      always: [INSTANCE],
      filters: [HOST],
    }),
};

function board(name: string, description: string, rows: readonly Row[], breakdown: Breakdown): object {
  const queries = rows.flatMap(({ charts }) => charts.flatMap((chart) => queriesOf(chart, breakdown.always)));
  return {
    board: {
      name,
      description,
      type: 'flexible',
      layout_generation: 'auto',
      preset_filters: breakdown.filters,
    },
    queries,
  };
}

/** One query for all that a chart draws in the same way. */
function queriesOf(chart: Chart, always: readonly string[]): Query[] {
  const alike = Map.groupBy(chart.draws, (draw) =>
    JSON.stringify([breakdownsOf(draw, always), filtersOf(draw)]),
  );
  return [...alike.values()].map((draws) => {
    const [first] = draws as [Draw, ...Draw[]];
    const of = alike.size === 1 ? '' : `: ${draws.map(({ legend, metric }) => legend ?? metric).join(', ')}`;
    return {
      name: `${chart.title}${of}`,
      query: {
        calculations: draws.map((draw) => ({ op: operatorOf(draw, always), column: draw.metric })),
        filters: filtersOf(first),
        breakdowns: breakdownsOf(first, always),
        time_range: LOOK_BACK_SECONDS,
        limit: 100,
      },
      visualization_settings: {
        utc_xaxis: true,
        overlaid_charts: draws.length > 1,
        charts: draws.map((_, chart_index) => ({
          chart_index,
          chart_type: { lines: 'line', stacked: 'stacked', steps: 'tsbar' }[chart.style ?? 'lines'],
        })),
      },
    };
  });
}

function filtersOf(draw: Draw): object[] {
  return conditionsOf(draw).map(({ attribute, isNegated, value }) => ({
    column: attribute,
    op: isNegated ? '!=' : '=',
    value,
  }));
}

function breakdownsOf(draw: Draw, always: readonly string[]): string[] {
  const metric = metricNamed(draw.metric);
  const every = metric.instrument === 'histogram' ? [] : attributeKeys(metric);
  const by = attributesOf(draw) ?? every.filter((key) => key !== TOLD_BY_PID);
  return [...new Set([...always, ...by])];
}

/**
 * What a counter rose by adds up, over series and over points. What a gauge shows does not, over points: so its series are
 * told apart, and each is its mean.
 */
function operatorOf(draw: Draw, always: readonly string[]): string {
  const metric = metricNamed(draw.metric);
  if (metric.instrument === 'counter') return 'SUM';
  if (metric.instrument === 'histogram') return 'HEATMAP';
  if (draw.aggregate === 'min') return 'MIN';
  if (draw.aggregate === 'max') return 'MAX';
  const told = [...breakdownsOf(draw, always), TOLD_BY_PID];
  const merged = attributeKeys(metric).filter((key) => !told.includes(key));
  if (merged.length > 0) throw new Error(`a board would average ${draw.metric} over ${merged.join(', ')}`);
  return 'AVG';
}
