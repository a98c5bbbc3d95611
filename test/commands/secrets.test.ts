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

  test('masks them in the titles that processes give themselves', async () => {
    const script = `process.title = 'app: --password ${SECRET} at postgres://me:${SECRET}@db'; setTimeout(() => {}, 1500)`;
    const room = 'x'.repeat(200);
    const command = [process.execPath, '-e', script, room];
    const ended = await runUnitledger([...ARGS, '--process-names', 'title', '--', ...command]);
    assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(SECRET.replaceAll(/\d/g, '(?:\\d|N)')));
    assert.match(ended.stdout, /app: --password \*\*\* at postgres:\/\/me:\*\*\*@db/);
  });
});
