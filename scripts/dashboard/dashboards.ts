import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { metricNamed, selector } from './chart.ts';
import { DASHBOARD_ROWS, type Row } from './charts.ts';
import { type Column, DATA_SOURCE, panelOf, tableOf } from './panels.ts';
import { STATS, type Stat, statPanels } from './stats.ts';

const TAG = 'unitledger';
const INSTANCE = 'instance=~"$instance"';
const UNIT = 'systemd_unit_name="$unit"';
const PID = 'process_pid="$pid"';

/** What goes along to another dashboard: the time, the data source, the instances. */
const ALONG = `\${__url_time_range}&\${datasource:queryparam}&\${instance:queryparam}`;

/** Every dashboard by the name of its file, without `.json`. */
export const DASHBOARDS: Readonly<Record<string, () => Dashboard>> = {
  'unitledger-units': units,
  'unitledger-unit': unit,
  'unitledger-process': oneProcess,
  'unitledger-self': self,
};

function units(): Dashboard {
  const dashboard = begin('unitledger-units', 'unitledger / Units', 'All tracked units.');
  const column = (
    title: string,
    metric: string,
    aggregate: string,
    unitName: string,
    more: Pick<Column, 'thresholds' | 'isState'> = {},
  ): Column => ({
    title,
    unit: unitName,
    expression: `${aggregate} by (systemd_unit_name, instance) (${selector(metricNamed(metric), [INSTANCE])})`,
    ...more,
  });
  withStats(dashboard, STATS.units, [INSTANCE]);
  dashboard.withPanel(
    tableOf(
      {
        title: 'Units',
        description: 'Each unit on each instance, current values. A unit links to its own dashboard.',
        link: `/d/unitledger-unit?var-unit=\${__data.fields.Unit}&${ALONG}`,
      },
      [
        { label: 'systemd_unit_name', title: 'Unit' },
        { label: 'instance', title: 'Instance' },
      ],
      [
        column('CPU', 'unitledger.unit.cpu.usage', 'sum', 'suffix: cores'),
        column('Memory', 'unitledger.unit.memory.usage', 'sum', 'bytes'),
        column('Processes', 'unitledger.unit.process.count', 'sum', 'short'),
        column('CPU coverage', 'unitledger.unit.cpu.coverage', 'min', 'percentunit', {
          thresholds: 'coverage',
        }),
        column('State', 'unitledger.unit.present', 'min', 'short', { isState: true }),
        column('Restarts', 'unitledger.unit.restarts', 'sum', 'short'),
      ],
    ),
  );
  withAnnotations(dashboard, [INSTANCE]);
  return withRows(dashboard, DASHBOARD_ROWS.units, [INSTANCE]).build();
}

function unit(): Dashboard {
  const description = 'CPU, memory and I/O of one unit, by process.';
  const dashboard = begin('unitledger-unit', 'unitledger / Unit', description).withVariable(unitVariable());
  const column = (title: string, metric: string, unitName: string): Column => ({
    title,
    unit: unitName,
    expression:
      `sum by (process_executable_name, process_pid, process_creation_time) ` +
      `(${selector(metricNamed(metric), [UNIT, INSTANCE])})`,
  });
  withStats(dashboard, STATS.unit, [UNIT, INSTANCE]);
  dashboard.withPanel(
    tableOf(
      {
        title: 'Processes',
        description:
          'Processes of the unit with series of their own, current values. Without a PID: all other processes together.',
        link: `/d/unitledger-process?var-pid=\${__data.fields.PID}&\${unit:queryparam}&${ALONG}`,
      },
      [
        { label: 'process_executable_name', title: 'Executable' },
        { label: 'process_pid', title: 'PID' },
        { label: 'process_creation_time', title: 'Since' },
      ],
      [
        column('CPU', 'unitledger.process.cpu.usage', 'suffix: cores'),
        column('Memory', 'process.memory.usage', 'bytes'),
        column('Disk', 'unitledger.process.disk.throughput', 'binBps'),
        column('Transfer', 'unitledger.process.transfer.throughput', 'binBps'),
      ],
    ),
  );
  withAnnotations(dashboard, [UNIT, INSTANCE]);
  return withRows(dashboard, DASHBOARD_ROWS.unit, [UNIT, INSTANCE]).build();
}

function oneProcess(): Dashboard {
  const dashboard = begin('unitledger-process', 'unitledger / Process', 'One process of a unit.')
    .withVariable(unitVariable())
    .withVariable(processVariable());
  withStats(dashboard, STATS.process, [UNIT, INSTANCE, PID]);
  withAnnotations(dashboard, [UNIT, INSTANCE]);
  return withRows(dashboard, DASHBOARD_ROWS.process, [UNIT, INSTANCE, PID]).build();
}

function self(): Dashboard {
  const description = 'Delivery, sampling and cost of unitledger itself.';
  const dashboard = begin('unitledger-self', 'unitledger / Itself', description);
  withStats(dashboard, STATS.self, [INSTANCE]);
  return withRows(dashboard, DASHBOARD_ROWS.self, [INSTANCE]).build();
}

/** Processes of the time that is looked at, as `name (PID)`; the value is the PID. */
function processVariable(): QueryVariableBuilder {
  const series = `last_over_time(${selector(metricNamed('process.memory.usage'), [UNIT, INSTANCE, 'process_pid!=""'])}[\${__range_s}s])`;
  const joined = `label_join(${series}, "process", "/", "process_executable_name", "process_pid")`;
  const named = `label_replace(${joined}, "process", "$1 ($2)", "process", "(.*)/([0-9]+)")`;
  return new QueryVariableBuilder('pid')
    .label('Process')
    .datasource(DATA_SOURCE)
    .query(`query_result(group by (process, process_pid) (${named}))`)
    .regex('/process="(?<text>.*)",process_pid="(?<value>[0-9]+)"/')
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function begin(uid: string, title: string, description: string): DashboardBuilder {
  const instances = `label_values(${selector(metricNamed('unitledger.self.memory.usage'), [])}, instance)`;
  return new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('unitledger')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('instance')
        .label('Instance')
        .datasource(DATA_SOURCE)
        .query(instances)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    );
}

function unitVariable(): QueryVariableBuilder {
  return new QueryVariableBuilder('unit')
    .label('Unit')
    .datasource(DATA_SOURCE)
    .query(`label_values(${selector(metricNamed('unitledger.unit.present'), [INSTANCE])}, systemd_unit_name)`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function withRows(
  dashboard: DashboardBuilder,
  rows: readonly Row[],
  selection: readonly string[],
): DashboardBuilder {
  for (const { title, charts } of rows) {
    dashboard.withRow(new RowBuilder(title));
    for (const chart of charts) dashboard.withPanel(panelOf(chart, selection));
  }
  return dashboard;
}

function withStats(
  dashboard: DashboardBuilder,
  stats: readonly Stat[],
  selection: readonly string[],
): DashboardBuilder {
  for (const panel of statPanels(stats, selection)) dashboard.withPanel(panel);
  return dashboard;
}

/** Restarts and OOM kills of the units that are looked at, across all panels. */
function withAnnotations(dashboard: DashboardBuilder, selection: readonly string[]): void {
  const restarts = selector(metricNamed('unitledger.unit.restarts'), selection);
  const kills = selector(metricNamed('unitledger.unit.memory.events'), [...selection, 'type="oom_kill"']);
  for (const [name, series, color] of [
    ['Restarts', restarts, 'orange'],
    ['OOM kills', kills, 'red'],
  ] as const)
    dashboard.annotation(
      new AnnotationQueryBuilder()
        .name(name)
        .datasource(DATA_SOURCE)
        .enable(true)
        .iconColor(color)
        // Two minutes hold two points at any export interval up to a minute.
        .expr(`sum by (systemd_unit_name, instance) (increase(${series}[2m])) > 0`)
        .step('60s')
        .titleFormat(name)
        .textFormat('{{systemd_unit_name}} on {{instance}}')
        .tagKeys('systemd_unit_name'),
    );
}
