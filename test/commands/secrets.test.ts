import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentOf, runUnitledger } from '../end-to-end/program/unitledger.ts';

const SECRET = 'hunter2Pa55';
const ARGS = ['--summary', 'json', '--interval', '0.1'];

describe('unitledger with processes that hold secrets', { timeout: 120_000 }, () => {
  test('masks them in the command lines that it shows', async () => {
    const script = `export PGPASSWORD=${SECRET}; sleep 0.5; true https://me:${SECRET}@db.example`;
    const ended = await runUnitledger([...ARGS, '--show-cmdline', '--', 'sh', '-c', script]);
    assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(SECRET));
    const commands = documentOf(ended).units[0]!.processes.map(({ command }) => command);
    assert.ok(
      commands.includes('sh -c export PGPASSWORD=***; sleep 0.5; true https://me:***@db.example'),
      JSON.stringify(commands),
    );
  });

  const CREDENTIALS = {
    OTEL_EXPORTER_OTLP_HEADERS: `api-key=${SECRET}`,
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: `api-key=${SECRET}`,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: `/no/${SECRET}`,
    OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: `/no/${SECRET}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://me:${SECRET}@127.0.0.1:9`,
    UNITLEDGER_OTLP_HEADERS_FILE: `/no/${SECRET}`,
  };

  test('gives a command the environment without the credentials of the exporter, and logs it', async () => {
    const environment = {
      ...CREDENTIALS,
      OTEL_SERVICE_NAME: 'kept',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'its=own',
    };
    const args = ['--summary', 'none', '--', 'env'];
    const { code, stdout, stderr } = await runUnitledger(args, { environment });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout + stderr, new RegExp(SECRET));
    assert.match(stdout, /^OTEL_SERVICE_NAME=kept$/m);
    assert.match(stdout, /^OTEL_EXPORTER_OTLP_TRACES_HEADERS=its=own$/m);
    assert.match(
      stderr,
      /the command does not inherit OTEL_EXPORTER_OTLP_METRICS_HEADERS, .*--pass-credentials/,
    );
  });

  test('gives a command the whole environment if requested', async () => {
    const args = ['--summary', 'none', '--pass-credentials', '--', 'env'];
    const { code, stdout, stderr } = await runUnitledger(args, { environment: CREDENTIALS });
    assert.equal(code, 0, stderr);
    for (const [name, value] of Object.entries(CREDENTIALS))
      assert.ok(stdout.includes(`${name}=${value}\n`), name);
  });

  test('masks them in the titles that processes give themselves', async () => {
    const script = `process.title = 'app: --password ${SECRET} at postgres://me:${SECRET}@db'; setTimeout(() => {}, 4000)`;
    // It lives for 40 samples: an idle process is read in every 20th.
    const room = 'x'.repeat(200);
    const command = [process.execPath, '-e', script, room];
    const ended = await runUnitledger([...ARGS, '--process-names', 'title', '--', ...command]);
    assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(SECRET.replaceAll(/\d/g, '(?:\\d|N)')));
    assert.match(ended.stdout, /app: --password \*\*\* at postgres:\/\/me:\*\*\*@db/);
  });
});
