import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { documentOf, logOf, type Running, runUnitledger, startUnitledger, until } from './unitledger.ts';

const OTLP = { 'content-type': 'application/x-protobuf' };

describe('log messages about a failing collector', () => {
  let server: Server;
  let url: string;
  let requests: number;
  let answer: (response: ServerResponse, request: IncomingMessage, body: Buffer) => void;

  beforeEach(async () => {
    requests = 0;
    answer = (response) => response.writeHead(200, OTLP).end();
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      requests++;
      answer(response, request, Buffer.concat(chunks));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  function start(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Running {
    const times = ['--interval', '0.1', '--export-interval', '0.2', '--shutdown-timeout', '3'];
    return startUnitledger(['--pid', String(process.pid), '--summary', 'json', ...times, ...args], {
      environment: { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: url, ...environment },
      longestSeconds: 120,
    });
  }

  const many = (count: number) => {
    const wanted = requests + count;
    return until(
      () => requests >= wanted,
      () => `${count} requests, after ${wanted - count}`,
      60,
    );
  };
  /** Lines about the collector. */
  const linesOf = (stderr: string) =>
    logOf(stderr)
      .map(({ msg }) => msg)
      .filter((msg) => msg.includes('collector '));

  test('with a text that varies in each request are one line of each kind, and a new kind is always logged', async () => {
    const id = () => randomBytes(8).toString('hex');
    const program = start();
    for (const [status, text] of [
      [503, () => `try later, request ${id()} at ${new Date().toISOString()}`],
      [429, () => `slow down, request ${id()}`],
      [401, () => `who are you, request ${id()}`],
    ] as const) {
      answer = (response) => response.writeHead(status, { 'retry-after': '0' }).end(text());
      await many(2);
      // A delivery makes the pauses between tries short again.
      answer = (response) => response.writeHead(200, OTLP).end();
      await many(2);
    }
    for (let at = 0; at < 30; at++) {
      answer = (response) => response.writeHead(400).end(`invalid point in request ${id()}`);
      await many(1);
    }
    answer = (response) => response.writeHead(422).end('a kind of its own');
    await many(2);
    answer = (response) => response.writeHead(200, OTLP).end(partialSuccess(3, `dropped by request ${id()}`));
    await many(5);
    answer = (response) => response.writeHead(200, OTLP).end();
    await many(2);
    program.signal('SIGINT');
    const ended = await program.ended;
    documentOf(ended);
    const lines = linesOf(ended.stderr);
    for (const kind of [/HTTP 503/, /HTTP 429/, /HTTP 401/, /HTTP 400/, /HTTP 422/, /rejected 3 data points/])
      assert.equal(lines.filter((line) => kind.test(line)).length, 1, `${kind}\n${ended.stderr}`);
    // Each outage that was logged has an end.
    assert.ok(lines.length <= 6 + 3, ended.stderr);
  });

  test('a login page with status 200 is no delivery, and windows are buffered until a collector answers', async () => {
    answer = (response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!DOCTYPE html><html><head><title>Sign in</title></head><body>…</body></html>');
    const program = start();
    await program.says('Sign in');
    await many(1);
    assert.match(program.stderr(), /body that is not OTLP .*Sign in .*login page.*; buffering metrics/);
    assert.doesNotMatch(program.stderr(), /accepts metrics again/);
    answer = (response) => response.writeHead(200, OTLP).end();
    await program.says('accepts metrics again');
    program.signal('SIGINT');
    const { export: delivery } = documentOf(await program.ended);
    assert.equal(delivery?.failed, 0);
    assert.ok(delivery!.delivered > 0);
  });

  test('gRPC that is sent to an HTTP port is one line with a hint', async () => {
    const program = start([], { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    await program.says('is this the HTTP port, 4318?');
    await until(
      () => program.stderr().includes('windows)'),
      () => 'a line',
      1,
    ).catch(() => {});
    program.signal('SIGINT');
    const ended = await program.ended;
    const isOfEnd = (line: string) => /run ended|waiting up to/.test(line);
    const lines = linesOf(ended.stderr).filter((line) => !isOfEnd(line));
    assert.equal(lines.length, 1, ended.stderr);
  });

  test('windows that are too large for the collector arrive in parts', async () => {
    const mostBytes = 100_000;
    const accepted: Buffer[] = [];
    let refused = 0;
    answer = (response, _request, body) => {
      if (body.length > mostBytes) {
        refused++;
        response.writeHead(413).end('too large');
      } else {
        accepted.push(body);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      }
    };
    const script =
      'p=; trap "kill \\$p; exit 130" INT; i=0; while [ $i -lt 150 ]; do sleep 30 & p="$p $!"; i=$((i+1)); done; wait';
    const program = startUnitledger(
      [
        '--interval',
        '0.5',
        '--export-interval',
        '1',
        '--process-series',
        '200',
        '--summary',
        'json',
        '--',
        'sh',
        '-c',
        script,
      ],
      {
        environment: {
          UNITLEDGER_EXPORT: 'otlp',
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        },
      },
    );
    await program.says('sending windows in parts');
    const before = accepted.length;
    await until(
      () => accepted.length > before + 12,
      () => 'two windows more',
    );
    program.signal('SIGINT');
    const { export: delivery } = documentOf(await program.ended, 130);
    assert.equal(delivery?.failed, 0);
    assert.ok(delivery!.delivered >= 2, JSON.stringify(delivery));
    assert.ok(refused < 10, `${refused} requests were too large`);
    const text = accepted.map(String).join('');
    const pids = new Set(
      [...text.matchAll(/"process\.pid","value":\{"intValue":"?(\d+)/g)].map(([, pid]) => pid),
    );
    assert.ok(pids.size >= 150, `${pids.size} processes`);
  });

  test('dropped windows name the limit in the log, in the metric and in doctor', async (t) => {
    const spool = mkdtempSync(join(tmpdir(), 'unitledger-outage-'));
    t.after(() => rmSync(spool, { recursive: true, force: true }));
    answer = (response) => response.writeHead(503).end();
    const limits = ['--spool-dir', spool, '--spool-age', '1s'];
    const program = start([...limits, '--listen', '127.0.0.1:0']);
    await program.says('serving /healthz');
    const endpoint = logOf(program.stderr()).find(({ msg }) => msg.startsWith('serving '))!.url as string;
    await program.says('older than 1 s (--spool-age)');
    const dropped =
      /^unitledger_self_export_windows_total\{[^}]*outcome="dropped",[^}]*reason="age"\} ([1-9]\d*)/m;
    await until(
      async () => dropped.test(await (await fetch(`${endpoint}/metrics`)).text()),
      () => 'the metric',
    );
    const ready = await (await fetch(`${endpoint}/readyz`)).text();
    assert.match(ready, /older than 1 s \(--spool-age\)/);
    program.signal('SIGINT');
    await program.ended;
    const doctor = await runUnitledger(['doctor', '--pid', '1', '--format', 'json', ...limits], {
      environment: { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: url },
    });
    assert.match(doctor.stdout, /dropped at a limit: older than 1 s \(--spool-age\), or /);
  });
});

/** `ExportMetricsServiceResponse { partial_success { rejected_data_points, error_message } }`, of less than 128 bytes. */
function partialSuccess(points: number, message: string): Buffer {
  const text = Buffer.from(message);
  const partial = Buffer.concat([Buffer.from([0x08, points, 0x12, text.length]), text]);
  return Buffer.concat([Buffer.from([0x0a, partial.length]), partial]);
}
