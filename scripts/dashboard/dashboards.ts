import {
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
  const dashboard = begin('unitledger-units', 'unitledger / Units', 'All units that are followed.');
  const column = (title: string, metric: string, aggregate: string, unitName: string): Column => ({
    title,
    unit: unitName,
    expression: `${aggregate} by (systemd_unit_name, instance) (${selector(metricNamed(metric), [INSTANCE])})`,
  });
  dashboard.withPanel(
    tableOf(
      {
        title: 'Units',
        description: 'Each unit of each instance as of now. A unit leads to what it is made of.',
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
        column('Coverage', 'unitledger.unit.cpu.coverage', 'min', 'percentunit'),
        column('There', 'unitledger.unit.present', 'min', 'short'),
        column('Starts beyond the first', 'unitledger.unit.restarts', 'sum', 'short'),
      ],
    ),
  );
  return withRows(dashboard, DASHBOARD_ROWS.units, [INSTANCE]).build();
}

function unit(): Dashboard {
  const description = 'What one unit uses, and which of its processes use it.';
  const dashboard = begin('unitledger-unit', 'unitledger / Unit', description).withVariable(unitVariable());
  const column = (title: string, metric: string, unitName: string): Column => ({
    title,
    unit: unitName,
    expression:
      `sum by (process_executable_name, process_pid, process_creation_time) ` +
      `(${selector(metricNamed(metric), [UNIT, INSTANCE])})`,
  });
  dashboard.withPanel(
    tableOf(
      {
        title: 'Processes',
        description:
          'Processes of the unit that have series of their own, as of now; without a PID: all others together.',
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
  return withRows(dashboard, DASHBOARD_ROWS.unit, [UNIT, INSTANCE]).build();
}

function oneProcess(): Dashboard {
  const dashboard = begin('unitledger-process', 'unitledger / Process', 'One process of a unit.')
    .withVariable(unitVariable())
    .withVariable(
      new QueryVariableBuilder('pid')
        .label('PID')
        .datasource(DATA_SOURCE)
        .query(
          `label_values(${selector(metricNamed('process.memory.usage'), [UNIT, INSTANCE])}, process_pid)`,
        )
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.NumericalAsc),
    );
  return withRows(dashboard, DASHBOARD_ROWS.process, [UNIT, INSTANCE, PID]).build();
}

function self(): Dashboard {
  const description = 'Whether unitledger itself keeps up, delivers what it collects, and what it costs.';
  return withRows(begin('unitledger-self', 'unitledger / Itself', description), DASHBOARD_ROWS.self, [
    INSTANCE,
  ]).build();
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
