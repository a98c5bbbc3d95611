import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { skipUnless } from '../../skip.ts';
import { collectorAvailable, validate } from './collector.ts';
import { prometheusAvailable, promtool } from './prometheus.ts';

const FOLDER = resolve(import.meta.dirname, '../../../deploy/collector');
const COMPOSE = resolve(FOLDER, '../compose');
const KUBERNETES = join(FOLDER, 'kubernetes.yaml');
const ENVIRONMENT = {
  PROMETHEUS_URL: 'http://127.0.0.1:9090',
  HONEYCOMB_API_KEY: 'key',
  DD_API_KEY: '0123456789abcdef0123456789abcdef',
};

describe('the Collector is content with', skipUnless(collectorAvailable), () => {
  for (const name of ['prometheus', 'honeycomb']) {
    const file = join(FOLDER, `${name}.yaml`);
    test(`${name}.yaml`, () => validate([file], ENVIRONMENT));
    test(`${name}.yaml in a cluster`, () => validate([file, KUBERNETES], ENVIRONMENT));
  }

  test('that of compose', () => validate([join(COMPOSE, 'collector.yaml')], ENVIRONMENT));

  for (const [name, missing] of [
    ['agent', 'exporters'],
    ['gateway', 'extensions'],
  ] as const) {
    test(`fleet/${name}.yaml but for its ${missing}, which the Collector of the tests does not have`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'unitledger-fleet-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const { extensions: _, ...parts } = parse(readFileSync(join(FOLDER, `fleet/${name}.yaml`), 'utf8'));
      const { pipelines } = parts.service;
      pipelines.metrics.exporters = ['debug'];
      const file = join(folder, `${name}.yaml`);
      // Any JSON is YAML.
      writeFileSync(file, JSON.stringify({ ...parts, exporters: { debug: {} }, service: { pipelines } }));
      validate([file], ENVIRONMENT);
    });
  }

  test('datadog.yaml but for its exporter, which the Collector of the tests does not have', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-datadog-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const text = readFileSync(join(FOLDER, 'datadog.yaml'), 'utf8');
    const without = text
      .replace(/^exporters:\n( .*\n)+/m, 'exporters: { debug: {} }\n')
      .replace('exporters: [datadog]', 'exporters: [debug]');
    const file = join(folder, 'datadog.yaml');
    writeFileSync(file, without);
    validate([file], ENVIRONMENT);
  });
});

test('Prometheus is content with that of compose', skipUnless(prometheusAvailable), () => {
  // The rules lie in the container alone; they are checked where they are tested.
  promtool(['check', 'config', '--syntax-only', join(COMPOSE, 'prometheus.yaml')]);
});
