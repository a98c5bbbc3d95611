import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DASHBOARD_ROWS } from '../../scripts/dashboard/charts.ts';
import { DASHBOARDS } from '../../scripts/dashboard/dashboards.ts';
import { prometheusName } from '../../scripts/dashboard/prometheus-name.ts';
import { CATALOGUE } from '../../src/telemetry/catalogue.ts';

test('every metric of the catalogue is drawn on a dashboard', () => {
  const rows = Object.values(DASHBOARD_ROWS).flat();
  const drawn = new Set(
    rows.flatMap(({ charts }) => charts.flatMap(({ draws }) => draws.map((d) => d.metric))),
  );
  assert.deepEqual(
    CATALOGUE.map(({ name }) => name).filter((name) => !drawn.has(name)),
    [],
  );
});

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
