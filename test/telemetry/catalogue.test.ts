import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { PROCESS_DETAILS } from '../../src/sampling/choices.ts';
import type { Metric } from '../../src/telemetry/catalogue/metric.ts';
import { detailMetricNames, PROCESS_DETAIL_METRICS } from '../../src/telemetry/catalogue/process-details.ts';
import { attributeKeys, CATALOGUE, chooseMetrics } from '../../src/telemetry/catalogue.ts';
import { OPTIONAL_METRICS } from '../../src/telemetry/choices.ts';

/**
 * Unit, instrument, value type and attributes of the metrics that have a convention, from `model/process/metrics.yaml`
 * of the semantic conventions (the npm package has the names alone).
 */
const CONVENTIONS: Readonly<Record<string, readonly [string, string, string, ...string[]]>> = {
  'process.cpu.time': ['s', 'counter', 'double', 'cpu.mode'],
  'process.memory.usage': ['By', 'updowncounter', 'int'],
  'process.disk.io': ['By', 'counter', 'int', 'disk.io.direction'],
  'process.thread.count': ['{thread}', 'updowncounter', 'int'],
  'process.paging.faults': ['{fault}', 'counter', 'int', 'system.paging.fault.type'],
  'process.uptime': ['s', 'gauge', 'double'],
  'process.context_switches': ['{context_switch}', 'counter', 'int', 'process.context_switch.type'],
  'process.unix.file_descriptor.count': ['{file_descriptor}', 'updowncounter', 'int'],
};

const keys = (name: RegExp): Set<unknown> =>
  new Set(Object.entries(conventions).flatMap(([key, value]) => (name.test(key) ? [value] : [])));
const conventionMetrics = keys(/^METRIC_/);
const conventionAttributes = keys(/^ATTR_/);

function ownKeys(metric: Metric): string[] {
  return 'series' in metric ? Object.keys(metric.series[0]!.attributes) : [];
}

test('every name is in the catalogue once, with one level and one set of attributes', () => {
  const names = CATALOGUE.map((metric) => metric.name);
  assert.equal(new Set(names).size, names.length);
  for (const metric of CATALOGUE) {
    if (!('series' in metric)) continue;
    for (const series of metric.series)
      assert.deepEqual(Object.keys(series.attributes), ownKeys(metric), metric.name);
    const values = metric.series.map((series) => JSON.stringify(series.attributes));
    assert.equal(new Set(values).size, values.length, `${metric.name} has a series twice`);
  }
});

test("every name is in the semantic conventions, or has the project's prefix and is not in them", () => {
  for (const { name } of CATALOGUE) {
    assert.equal(conventionMetrics.has(name), !name.startsWith('unitledger.'), name);
  }
});

test('a metric with a convention has its unit, instrument, value type and attributes', () => {
  const shared = CATALOGUE.filter((metric) => conventionMetrics.has(metric.name));
  assert.deepEqual(shared.map((metric) => metric.name).sort(), Object.keys(CONVENTIONS).sort());
  for (const metric of shared) {
    assert.deepEqual(
      [metric.unit, metric.instrument, metric.valueType, ...ownKeys(metric)],
      CONVENTIONS[metric.name],
    );
  }
});

test('attribute keys are in the semantic conventions, except a few without one', () => {
  const own = new Set(CATALOGUE.flatMap(attributeKeys).filter((key) => !conventionAttributes.has(key)));
  assert.deepEqual([...own].sort(), [
    'booking',
    'direction',
    'outcome',
    'reason',
    'resource',
    'systemd.unit.name',
    'type',
  ]);
});

test('every metric except those of unitledger itself has the unit as an attribute', () => {
  for (const metric of CATALOGUE) {
    assert.equal(attributeKeys(metric).includes('systemd.unit.name'), metric.level !== 'self', metric.name);
  }
});

test('no name is a prefix of another up to a dot', () => {
  for (const { name } of CATALOGUE) {
    for (const other of CATALOGUE) assert.ok(!other.name.startsWith(`${name}.`), `${name} and ${other.name}`);
  }
});

test('a metric that is off by default is enabled only by its name', () => {
  const off = OPTIONAL_METRICS.map((name) => CATALOGUE.find((metric) => metric.name === name)!);
  const chosen = (alsoOn: readonly string[]) => Object.values(chooseMetrics({ alsoOn })).flat() as Metric[];
  const byDefault = chosen([]).map(({ name }) => name);
  for (const { name } of off) {
    assert.ok(!byDefault.includes(name), name);
    const added = chosen([name]).filter((metric) => !byDefault.includes(metric.name));
    assert.deepEqual(
      added.map((metric) => metric.name),
      [name],
    );
  }
});

test('every group of details has metrics, and enables only its own', () => {
  const byDefault = chooseMetrics().process.map(({ name }) => name);
  const all = new Set<string>();
  for (const group of PROCESS_DETAILS) {
    const names = detailMetricNames(new Set([group]));
    assert.ok(names.length > 0, group);
    for (const name of names) {
      assert.ok(!all.has(name), name);
      all.add(name);
    }
    const chosen = chooseMetrics({ alsoOn: names }).process.map(({ name }) => name);
    assert.deepEqual(chosen, [...byDefault, ...names]);
  }
  assert.deepEqual([...all].sort(), PROCESS_DETAIL_METRICS.map(({ name }) => name).sort());
});

test('bucket boundaries increase', () => {
  for (const metric of CATALOGUE) {
    if (metric.instrument !== 'histogram') continue;
    assert.deepEqual(
      [...metric.boundaries].sort((a, b) => a - b),
      metric.boundaries,
    );
    assert.ok(metric.boundaries.length > 5, metric.name);
  }
});

test('every unit is UCUM: a code, or the counted thing in braces', () => {
  for (const { name, unit, instrument } of CATALOGUE) {
    assert.match(unit, /^(?:1|s|By|By\/s|\{[a-z]+(?:_[a-z]+)*\})$/, name);
    if (unit === '1') assert.equal(instrument, 'gauge', name);
  }
});
