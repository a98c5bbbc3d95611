import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE } from '../../../src/telemetry/catalogue.ts';
import { labelsOf, prometheusName } from '../../../src/telemetry/endpoint/prometheus-names.ts';

test('names are those that Prometheus creates from OTLP', () => {
  for (const [name, unit, isGauge, expected] of [
    ['process.cpu.time', 's', false, 'process_cpu_time_seconds'],
    ['process.memory.usage', 'By', false, 'process_memory_usage_bytes'],
    [
      'unitledger.process.disk.throughput',
      'By/s',
      true,
      'unitledger_process_disk_throughput_bytes_per_second',
    ],
    ['unitledger.unit.cpu.coverage', '1', true, 'unitledger_unit_cpu_coverage_ratio'],
    ['unitledger.unit.restarts', '1', false, 'unitledger_unit_restarts'],
    ['unitledger.process.cpu.usage', '{cpu}', true, 'unitledger_process_cpu_usage'],
    ['a.seconds', 's', true, 'a_seconds'],
    ['a..b-c', '{x}/s', true, 'a_b_c_per_second'],
    ['temperature', 'Cel', true, 'temperature_Cel'],
  ] as const) {
    assert.equal(prometheusName(name, unit, isGauge), expected);
  }
});

test('no two metrics of the catalogue have one name, and every unit has a word', () => {
  const names = CATALOGUE.map(({ name, unit, instrument }) =>
    prometheusName(name, unit, instrument === 'gauge'),
  );
  assert.deepEqual(names, [...new Set(names)]);
  for (const name of names) assert.match(name, /^[a-z][a-z0-9_]*$/);
});

test('only shares are ratios in Prometheus', () => {
  const ratios = CATALOGUE.filter(({ name, unit, instrument }) =>
    prometheusName(name, unit, instrument === 'gauge').endsWith('_ratio'),
  );
  assert.ok(ratios.length > 0);
  for (const { name, description } of ratios) assert.match(description, /^Share of /, name);
});

test('keys that become the same label are one label, and none begins with a digit', () => {
  assert.deepEqual(
    labelsOf({ 'a.b': 'second', a_b: 'last', 'a-b': 'first', '1st.x': 1, 'service.name': 'u' }),
    {
      a_b: 'first;second;last',
      key_1st_x: '1',
      service_name: 'u',
    },
  );
  // Prometheus makes one underscore of several.
  assert.deepEqual(labelsOf({ 'a.b': 1, a__b: 2, größe: 3, gr__e: 4 }), { a_b: '1;2', gr_e: '4;3' });
});
