import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configIn, refusedIn } from './loading.ts';

const PID = ['--pid', '1'];
const listenOf = (env: Record<string, string>, ...argv: string[]) =>
  configIn({ env }, [...PID, ...argv]).listen;

test('nothing listens unless it is requested', () => {
  assert.equal(listenOf({}), undefined);
  assert.equal(listenOf({ OTEL_EXPORTER_PROMETHEUS_PORT: '9464' }), undefined);
});

test('a port alone listens on this machine only', () => {
  const address = { host: '127.0.0.1', port: 9464, named: '--listen' };
  assert.deepEqual(listenOf({}, '--listen', '9464'), address);
  assert.deepEqual(listenOf({}, '--listen', 'localhost:9464'), address);
  assert.deepEqual(listenOf({ UNITLEDGER_LISTEN: '0' }), {
    ...address,
    port: 0,
    named: 'UNITLEDGER_LISTEN',
  });
});

test('a host is a name or an address, IPv6 in brackets', () => {
  const hosts = {
    '0.0.0.0:1': '0.0.0.0',
    '[::]:1': '::',
    '[fd00::1]:1': 'fd00::1',
    'Node-1.a.b:1': 'node-1.a.b',
  };
  for (const [text, host] of Object.entries(hosts)) {
    assert.deepEqual(listenOf({}, '--listen', text), { host, port: 1, named: '--listen' }, text);
  }
});

test('text that is not completely an address is rejected', () => {
  for (const text of [
    '80abc',
    '65536',
    '-1',
    '080',
    '1.5',
    ':80',
    'host',
    'host:',
    'host:http',
    '::1:80',
    '[::1]',
    '[x]:80',
    '[]:80',
    '1.2.3:80',
    '256.0.0.1:80',
    'a b:80',
    '-a:80',
    'a..b:80',
    'http://host:80',
    'host:80/metrics',
    'unix:///run/x',
    '*:80',
    `${'a'.repeat(64)}:80`,
  ]) {
    const error = refusedIn({}, [...PID, `--listen=${text}`]);
    assert.match(
      error.message,
      /^--listen must be PORT or HOST:PORT with a port up to 65535, such as 9464/,
      text,
    );
  }
});

test('Prometheus metrics are served at the standard address, unless --listen sets another', () => {
  const scraped = (env: Record<string, string>, ...argv: string[]) =>
    listenOf(env, '--export', 'prometheus', ...argv);
  const named =
    '--export prometheus (OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT, or --listen instead)';
  assert.deepEqual(scraped({}), { host: '127.0.0.1', port: 9464, named });
  const variables = { OTEL_EXPORTER_PROMETHEUS_HOST: '::', OTEL_EXPORTER_PROMETHEUS_PORT: '9999' };
  assert.deepEqual(scraped(variables), { host: '::', port: 9999, named });
  assert.deepEqual(scraped(variables, '--listen', '80'), { host: '127.0.0.1', port: 80, named: '--listen' });
  assert.deepEqual(listenOf({ ...variables, OTEL_METRICS_EXPORTER: 'otlp,prometheus' })?.port, 9999);
  for (const [name, text, says] of [
    ['OTEL_EXPORTER_PROMETHEUS_HOST', 'a b', 'a host name or an IP address'],
    ['OTEL_EXPORTER_PROMETHEUS_PORT', '9464x', 'a whole number from 0 to 65535'],
  ] as const) {
    const config = configIn({ env: { [name]: text } }, [...PID, '--export', 'prometheus']);
    assert.deepEqual(config.warnings, [`ignoring ${name}="${text}": must be ${says}`]);
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 9464, named });
    // What it was told does not matter where nobody scrapes.
    assert.equal(listenOf({ [name]: text }), undefined);
  }
});

test('two servers need two addresses', () => {
  assert.equal(
    refusedIn({}, [...PID, '--web', '9464', '--export', 'prometheus', '--listen', 'localhost:9464']).message,
    '--web must have another port than that of --listen, not 9464',
  );
  assert.match(
    refusedIn({}, [...PID, '--web', '9464', '--export', 'prometheus']).message,
    /that of --export/,
  );
  for (const web of ['9465', '[::1]:9464'])
    assert.notEqual(configIn({}, [...PID, '--web', web, '--listen', '9464']).web, undefined);
  assert.equal(configIn({}, [...PID, '--web', '0', '--listen', '0']).web?.port, 0);
});
