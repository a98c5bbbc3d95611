import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DASHBOARDS } from '../../scripts/dashboard/dashboards.ts';
import { prometheusName } from '../../scripts/dashboard/prometheus-name.ts';

test('a dashboard is found by its identifier, which is the name of its file', () => {
  for (const [name, dashboard] of Object.entries(DASHBOARDS)) assert.equal(dashboard().uid, name);
});

test('a metric has the name that Prometheus gives it', () => {
  for (const [name, unit, instrument, expected] of [
    ['unitledger.unit.cpu.time', 's', 'counter', 'unitledger_unit_cpu_time_seconds_total'],
    ['unitledger.unit.cpu.coverage', '1', 'gauge', 'unitledger_unit_cpu_coverage_ratio'],
    ['unitledger.unit.cpu.usage', '{cpu}', 'gauge', 'unitledger_unit_cpu_usage'],
    ['process.memory.usage', 'By', 'updowncounter', 'process_memory_usage_bytes'],
    [
      'unitledger.process.disk.throughput',
      'By/s',
      'gauge',
      'unitledger_process_disk_throughput_bytes_per_second',
    ],
    ['unitledger.unit.restarts', '{restart}', 'counter', 'unitledger_unit_restarts_total'],
  ] as const) {
    assert.equal(prometheusName({ name, unit, instrument }), expected);
  }
});

// biome-ignore lint/suspicious/noExplicitAny: JSON, as Grafana reads it.
type Json = any;
const built = Object.entries(DASHBOARDS).map(([name, dashboard]) => ({
  name,
  json: JSON.parse(JSON.stringify(dashboard())) as Json,
}));
const panelsOf = (json: Json): Json[] =>
  json.panels.flatMap((panel: Json) => [panel, ...(panel.panels ?? [])]);
const titled = (json: Json, title: string): Json => panelsOf(json).find((panel) => panel.title === title);

for (const { name, json } of built) {
  test(`${name} begins with a whole row of numbers`, () => {
    const first = json.panels.filter(({ gridPos }: Json) => gridPos.y === 0);
    assert.ok(first.length >= 4);
    for (const { type, title } of first) assert.equal(type, 'stat', title);
    assert.equal(
      first.reduce((width: number, { gridPos }: Json) => width + gridPos.w, 0),
      24,
    );
  });

  test(`legends of ${name} have mean, maximum and last value`, () => {
    const graphs = panelsOf(json).filter(({ type }) => type === 'timeseries');
    assert.ok(graphs.length > 0);
    for (const { title, options } of graphs)
      assert.deepEqual(options.legend.calcs, ['mean', 'max', 'lastNotNull'], title);
  });
}

test('dashboards of units mark restarts and OOM kills of the units that are looked at', () => {
  for (const { name, json } of built) {
    if (name === 'unitledger-self') continue;
    const marks = json.annotations.list.map(({ name, enable, expr }: Json) => [name, enable, expr]);
    assert.deepEqual(
      marks.map(([title, enable]: Json) => [title, enable]),
      [
        ['Restarts', true],
        ['OOM kills', true],
      ],
    );
    assert.match(marks[0][2], /increase\(unitledger_unit_restarts_total\{/);
    assert.match(marks[1][2], /increase\(unitledger_unit_memory_events_total\{[^}]*type="oom_kill"\}/);
    const ofUnit = name !== 'unitledger-units';
    for (const [, , expression] of marks)
      assert.equal(expression.includes('systemd_unit_name="$unit"'), ofUnit, name);
  }
});

test('coverage of 100% is below the end of its axis, and has thresholds as throttling and pressure do', () => {
  for (const { name, json } of built) {
    if (name === 'unitledger-self' || name === 'unitledger-process') continue;
    const { defaults } = titled(json, 'CPU coverage: share booked to processes').fieldConfig;
    assert.ok(defaults.custom.axisSoftMax > 1);
    assert.equal(defaults.max, undefined);
    const graphs = panelsOf(json).filter(({ type }) => type === 'timeseries');
    const limited = graphs.filter(({ title }) => /coverage|^CPU throttling$|Pressure|pressure/.test(title));
    assert.ok(limited.length >= 2);
    for (const { title, fieldConfig } of limited) {
      assert.ok(fieldConfig.defaults.thresholds.steps.length === 3, title);
      assert.equal(fieldConfig.defaults.custom.thresholdsStyle.mode, 'dashed', title);
    }
  }
});

test('whether a unit is there is up or down, and no number', () => {
  const { json } = built.find(({ name }) => name === 'unitledger-unit')!;
  const [{ options }] = titled(json, 'State').fieldConfig.defaults.mappings;
  assert.deepEqual([options['0'].text, options['1'].text], ['down', 'up']);
  const units = built.find(({ name }) => name === 'unitledger-units')!;
  const overrides = titled(units.json, 'Units').fieldConfig.overrides as Json[];
  const state = overrides.find(({ matcher }) => matcher.options === 'State');
  assert.ok(state.properties.some(({ id }: Json) => id === 'mappings'));
});

test('a process is chosen by its name and PID', () => {
  const { json } = built.find(({ name }) => name === 'unitledger-process')!;
  const { query, regex } = json.templating.list.find(({ name }: Json) => name === 'pid');
  assert.match(query, /^query_result\(/);
  // What Grafana makes of a series: its labels, value and time.
  const [, body] = /^\/(.*)\/$/.exec(regex)!;
  const { text, value } = new RegExp(body!).exec(
    '{process="a "b" (c) (4711)",process_pid="4711"} 1 1764450000000',
  )!.groups!;
  assert.deepEqual([text, value], ['a "b" (c) (4711)', '4711']);
});
