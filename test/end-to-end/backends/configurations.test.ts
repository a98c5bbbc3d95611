import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { skipUnless } from '../../skip.ts';
import { collectorAvailable, collectorVersion, componentTypes, validate } from './collector.ts';
import { prometheusAvailable, promtool } from './prometheus.ts';

const FOLDER = resolve(import.meta.dirname, '../../../deploy/collector');
const COMPOSE = resolve(FOLDER, '../compose');
const KUBERNETES = join(FOLDER, 'kubernetes.yaml');
const BASES = ['prometheus', 'honeycomb', 'datadog', 'fleet/agent', 'fleet/gateway'].map((name) =>
  join(FOLDER, `${name}.yaml`),
);
const COLLECTOR_OF_COMPOSE = join(COMPOSE, 'collector.yaml');
const ENVIRONMENT = {
  PROMETHEUS_URL: 'http://127.0.0.1:9090',
  HONEYCOMB_API_KEY: 'key',
  DD_API_KEY: '0123456789abcdef0123456789abcdef',
  BACKEND_URL: 'http://127.0.0.1:4318',
  GATEWAYS: '127.0.0.1',
};
/** Sections of a configuration whose keys are `TYPE` or `TYPE/NAME`. */
const SECTIONS = ['extensions', 'receivers', 'processors', 'exporters', 'connectors'];

describe('the Collector accepts', skipUnless(collectorAvailable), () => {
  let queue: string;
  before(() => {
    queue = mkdtempSync(join(tmpdir(), 'unitledger-queue-'));
  });
  after(() => rmSync(queue, { recursive: true }));
  const check = (...files: readonly string[]) => validate(files, { ...ENVIRONMENT, QUEUE_DIRECTORY: queue });

  for (const file of [...BASES, COLLECTOR_OF_COMPOSE]) test(relative(FOLDER, file), () => check(file));
  for (const file of BASES.slice(0, 3))
    test(`${relative(FOLDER, file)} in a cluster`, () => check(file, KUBERNETES));

  test('every component of these files, by the name that is not deprecated', () => {
    const known = componentTypes();
    const named = [...BASES, COLLECTOR_OF_COMPOSE, KUBERNETES].flatMap((file) => {
      const sections = parse(readFileSync(file, 'utf8')) as Record<string, object>;
      return SECTIONS.flatMap((section) =>
        Object.keys(sections[section] ?? {}).map((key) => `${section} ${key.split('/')[0]}`),
      );
    });
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  test('the version that compose runs, the same as in this test', () => {
    const { services } = parse(readFileSync(join(COMPOSE, 'compose.yaml'), 'utf8'));
    assert.match(services.collector.image, new RegExp(`:${collectorVersion.replaceAll('.', '\\.')}$`));
  });
});

test('Prometheus accepts the configuration of compose', skipUnless(prometheusAvailable), () => {
  // The rules lie in the container alone; they are checked where they are tested.
  promtool(['check', 'config', '--syntax-only', join(COMPOSE, 'prometheus.yaml')]);
});
