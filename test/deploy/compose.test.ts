import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { skipUnless } from '../skip.ts';
import { composeAvailable, FOLDER, type Project, readCompose, type Service } from './compose.ts';

describe('the compose file', skipUnless(composeAvailable), () => {
  let project: Project;
  before(() => {
    const read = readCompose({ UNITS: 'nginx,ssh', HOSTNAME: 'here' });
    if (typeof read === 'string') assert.fail(read);
    project = read;
  });

  const service = (name: string): Service => project.services[name]!;
  const sourceOf = (name: string, target: string) =>
    service(name).volumes!.find((volume) => volume.target === target)!.source;

  test('tells which variable to set if no units are named', () => {
    assert.match(String(readCompose({})), /name systemd units to track, as UNITS=nginx,ssh/);
  });

  test('mounts existing files, and opens ports on this machine only', () => {
    for (const [name, { volumes = [], ports = [] }] of Object.entries(project.services)) {
      for (const { type, source } of volumes) {
        if (type === 'bind') assert.ok(existsSync(source), `${name}: ${source}`);
        else assert.ok(source in project.volumes, `${name}: ${source}`);
      }
      for (const port of ports) assert.equal(port.host_ip, '127.0.0.1', name);
    }
  });

  test('gives unitledger the same settings as the chart, and only options without warnings', () => {
    const { command, environment, ...rest } = service('unitledger');
    assert.deepEqual(rest.cap_drop, ['ALL']);
    assert.deepEqual(rest.cap_add, ['SYS_PTRACE', 'DAC_READ_SEARCH']);
    assert.deepEqual([rest.pid, rest.user, rest.read_only], ['host', '0', true]);
    const loaded = loadConfig({
      argv: command!,
      env: environment!,
      isDirectory: (path) => rest.volumes!.some(({ target }) => target === path),
      readFile: () => assert.fail('there is no file'),
    });
    assert.ok('command' in loaded && loaded.command === 'track');
    const { targets, warnings, spoolDirectory } = loaded.config;
    assert.deepEqual(warnings, []);
    assert.deepEqual(targets, [
      { kind: 'unit', name: 'nginx.service' },
      { kind: 'unit', name: 'ssh.service' },
    ]);
    assert.ok(rest.volumes!.some(({ target }) => target === spoolDirectory));
  });

  test('lets each service reach the next by its name', () => {
    const collector = parse(readFileSync(sourceOf('collector', '/etc/otelcol/config.yaml'), 'utf8'));
    const sent = new URL(service('unitledger').environment!.OTEL_EXPORTER_OTLP_ENDPOINT!);
    assert.ok(sent.hostname in project.services);
    assert.ok(collector.receivers.otlp.protocols.http.endpoint.endsWith(`:${sent.port}`));
    const exported = new URL(collector.exporters['otlp_http/prometheus'].endpoint);
    assert.ok(exported.hostname in project.services);
    assert.ok(service('prometheus').command!.includes('--web.enable-otlp-receiver'));
  });

  test('lets Grafana find the dashboards, and these their data source', () => {
    const [provider] = parse(
      readFileSync(join(FOLDER, 'grafana/dashboards/unitledger.yaml'), 'utf8'),
    ).providers;
    const dashboards = sourceOf('grafana', provider.options.path);
    const files = globSync('*.json', { cwd: dashboards });
    assert.ok(files.length >= 4, files.join());
    const [source] = parse(
      readFileSync(join(FOLDER, 'grafana/datasources/prometheus.yaml'), 'utf8'),
    ).datasources;
    assert.equal(source.isDefault, true);
    assert.ok(new URL(source.url).hostname in project.services);
    // Panels name their source by a variable of its type.
    for (const file of files) {
      const { templating } = JSON.parse(readFileSync(join(dashboards, file), 'utf8'));
      const [variable] = templating.list.filter(({ type }: { type: string }) => type === 'datasource');
      assert.equal(variable.query, source.type, file);
    }
  });
});
