import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type DataSourceRef,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  HeatmapCellLayout,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapPanelBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as TablePanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesPanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Chart, expressionOf, legendOf, metricNamed, unitOf } from './chart.ts';
import { type ThresholdName, thresholdsOf, UP_DOWN } from './thresholds.ts';

const HEIGHT = 8;
const THIRD_OF_A_ROW = 8;
const WHOLE_ROW = 24;

/** Of every panel: whichever Prometheus is chosen at the top. */
export const DATA_SOURCE: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/** @param selection Label matchers of the dashboard: `instance=~"$instance"`. */
export function panelOf(chart: Chart, selection: readonly string[]): Builder<Panel> {
  return isDistribution(chart) ? heatmapOf(chart, selection) : graphOf(chart, selection);
}

function isDistribution({ draws }: Chart): boolean {
  return metricNamed(draws[0]!.metric).instrument === 'histogram';
}

function graphOf(chart: Chart, selection: readonly string[]): Builder<Panel> {
  const { title, draws, style = 'lines', width = THIRD_OF_A_ROW, top, thresholds, state } = chart;
  const panel = new TimeseriesPanelBuilder()
    .title(title)
    .description(descriptionOf(chart))
    .datasource(DATA_SOURCE)
    .height(HEIGHT)
    .span(width)
    .unit(unitOf(chart))
    .min(0)
    .drawStyle(GraphDrawStyle.Line)
    .lineInterpolation(style === 'steps' ? LineInterpolation.StepAfter : LineInterpolation.Linear)
    .fillOpacity(style === 'stacked' ? 30 : 10)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(['mean', 'max', 'lastNotNull']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (top !== undefined) panel.axisSoftMin(0).axisSoftMax(top * 1.05);
  if (thresholds !== undefined) {
    const dashed = new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);
    panel.thresholds(thresholdsOf(thresholds)).thresholdsStyle(dashed);
  }
  if (state !== undefined) panel.overrideByName(state, [{ id: 'mappings', value: UP_DOWN }]);
  if (style === 'stacked') panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  for (const [i, draw] of draws.entries()) {
    panel.withTarget(
      query(i).expr(expressionOf(draw, selection)).range().legendFormat(legendOf(draw, title)),
    );
  }
  return panel;
}

function heatmapOf(chart: Chart, selection: readonly string[]): Builder<Panel> {
  const { title, draws, width = THIRD_OF_A_ROW } = chart;
  const [draw] = draws;
  return new HeatmapPanelBuilder()
    .title(title)
    .description(descriptionOf(chart))
    .datasource(DATA_SOURCE)
    .height(HEIGHT)
    .span(width)
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(unitOf(chart)))
    .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Le))
    .withTarget(
      query(0)
        .expr(expressionOf(draw!, selection))
        .range()
        .format(PromQueryFormat.Heatmap)
        .legendFormat('{{le}}'),
    );
}

/** A column of a table: one value for each of its rows. */
export interface Column {
  readonly title: string;
  readonly expression: string;
  readonly unit: string;
  /** Colours of the values. */
  readonly thresholds?: ThresholdName;
  /** 1 is up, 0 is down. */
  readonly isState?: true;
}

/** What tells the rows of a table apart; the first one leads on. */
export interface Key {
  readonly label: string;
  readonly title: string;
}

/** A table as of the end of the time that is looked at, its largest value of the first column first. */
export function tableOf(
  table: { readonly title: string; readonly description: string; readonly link: string },
  keys: readonly Key[],
  columns: readonly Column[],
): Builder<Panel> {
  const names = [
    ...keys.map(({ label, title }) => [label, title] as const),
    ...columns.map(({ title }, i) => [`Value #${refId(i)}`, title] as const),
  ];
  const panel = new TablePanelBuilder()
    .title(table.title)
    .description(table.description)
    .datasource(DATA_SOURCE)
    .height(HEIGHT)
    .span(WHOLE_ROW)
    .filterable(true)
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(names.map(([name], i) => [name, i])),
        renameByName: Object.fromEntries(names),
      },
    })
    .overrideByName(keys[0]!.title, [
      { id: 'links', value: [{ title: 'Open its dashboard', url: table.link }] },
    ]);
  for (const [i, { title, expression, unit, thresholds, isState = false }] of columns.entries()) {
    const properties: DynamicConfigValue[] = [{ id: 'unit', value: unit }];
    if (isState) properties.push({ id: 'mappings', value: UP_DOWN });
    if (thresholds !== undefined)
      properties.push({ id: 'thresholds', value: thresholdsOf(thresholds).build() });
    if (isState || thresholds !== undefined)
      properties.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
    panel.overrideByName(title, properties);
    panel.withTarget(query(i).expr(expression).instant().format(PromQueryFormat.Table));
  }
  return panel;
}

function query(index: number): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId(index)).datasource(DATA_SOURCE);
}

function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/** What the catalogue says of the metrics that are drawn. */
function descriptionOf({ draws }: Chart): string {
  const metrics = [...new Set(draws.map(({ metric }) => metricNamed(metric)))];
  return metrics
    .map((metric) => {
      const detail = 'detail' in metric ? ` With --process-details ${metric.detail}.` : '';
      return `${metric.name}: ${metric.description}${detail}`;
    })
    .join('\n\n');
}
