import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROGRAM } from '../bundle.ts';
import { logOf, until } from '../end-to-end/program/unitledger.ts';

/** A run that ends by itself, with more on standard error than a pipe or socket holds. */
const NOISY = [
  ...['--export', 'console', '--interval', '50ms', '--export-interval', '50ms'],
  // No command: it would share standard error, and Node makes that a blocking one for it.
  ...['--log-summary', 'processes', '--duration', '3', '--pid', String(process.pid)],
];

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Child {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...environment };
  return spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Collects a stream from now on. */
function collected(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}

/** A run that has written its table, and waits for a reader of standard error. */
async function endedButForReader(t: TestContext): Promise<Child> {
  const child = start(NOISY);
  t.after(() => child.kill('SIGKILL'));
  const stdout = collected(child.stdout);
  await until(
    () => /^Export: /m.test(stdout()),
    () => `the end of the table:\n${stdout()}`,
    60,
  );
  return child;
}

describe('what unitledger writes as it ends', { timeout: 120_000 }, () => {
  test('reaches a reader of standard error that reads nothing until the run is over', async (t) => {
    const child = await endedButForReader(t);
    const closed = once(child, 'close');
    const stderr = collected(child.stderr);
    const [code] = await closed;
    // Each line parses: none was cut.
    const records = stderr()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    assert.ok(stderr().endsWith('\n'));
    // More than a pipe (64 KiB) or a socket (net.core.wmem_default, 208 KiB) holds, or the test shows nothing.
    assert.ok(stderr().length > 224 * 1024, `${stderr().length} bytes`);
    const events = records.map(({ event }) => event).filter((event) => event !== undefined);
    assert.equal(events.filter((event) => event === 'summary.unit').length, 1);
    assert.ok(events.filter((event) => event === 'summary.process').length >= 2, events.join(' '));
    assert.equal(code, 0);
  });

  test('starts with the table and the log records, before the collector answers', async (t) => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<ServerResponse>();
    const collector = createServer((request, response) => {
      request.resume();
      request.on('end', () => ask(response));
    }).listen(0, '127.0.0.1');
    t.after(() => {
      collector.closeAllConnections();
      collector.close();
    });
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const times = ['--shutdown-timeout', '60s', '--export-timeout', '60s'];
    const args = [...times, '--log-summary', 'processes', '--', 'sleep', '1'];
    const child = start(args, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    t.after(() => child.kill('SIGKILL'));
    const closed = once(child, 'close');
    const [stdout, stderr] = [collected(child.stdout), collected(child.stderr)];
    const response = await asked;
    await until(
      () => /coverage/.test(stdout()) && /"summary\.process"/.test(stderr()),
      () => `the table and its records:\n${stdout()}${stderr()}`,
      30,
    );
    assert.doesNotMatch(stdout(), /Export:/);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    const [code] = await closed;
    assert.equal(code, 0, stderr());
    assert.match(stdout(), /\n\nExport: delivered 1 window, failed 0\n$/);
    assert.ok(logOf(stderr()).length > 0);
  });

  test('is not waited for longer once the run was interrupted twice', async (t) => {
    const child = await endedButForReader(t);
    assert.equal(child.exitCode, null);
    const exited = once(child, 'exit');
    let hasExited = false;
    void exited.then(() => {
      hasExited = true;
    });
    // Signals of one number that are pending together count once.
    while (!hasExited) {
      child.kill('SIGTERM');
      await sleep(20);
    }
    assert.deepEqual(await exited, [0, null]);
  });
});
