import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { HttpTransport, type HttpTransportOptions } from '../../../src/telemetry/export/http-transport.ts';
import { ENCODINGS } from '../../../src/telemetry/export/otlp-encoding.ts';
import type { Answer } from '../../../src/telemetry/export/transport.ts';
import { drip, FaultServer, silence, status, taken } from './fault-server.ts';

const NOW = Date.UTC(2026, 0, 1);
const LIMIT = { timeout: 30_000 };
const BODY = new TextEncoder().encode('{"resourceMetrics":[]}');

async function setUp(t: TestContext, more: Partial<HttpTransportOptions> = {}) {
  const server = await FaultServer.start();
  const agent = new Agent({ keepAlive: true });
  const transport = new HttpTransport({
    url: server.url,
    encoding: ENCODINGS.json,
    compression: 'none',
    headers: () => ({}),
    target: server.url,
    proxy: null,
    agent: () => agent,
    userAgent: 'unitledger/test',
    unixMillis: () => NOW,
    ...more,
  });
  t.after(async () => {
    transport.close();
    await server.stop();
  });
  return { server, transport, send: () => transport.send(BODY, new AbortController().signal) };
}

const unavailable = (cause: string, reason: string, retryAfterSeconds: number | null = null): Answer => ({
  kind: 'unavailable',
  cause,
  reason,
  retryAfterSeconds,
});

test(
  'a window is one POST of just its bytes, with its type, its length and the program’s name',
  LIMIT,
  async (t) => {
    const { server, send } = await setUp(t, { headers: () => ({ authorization: 'Bearer x' }) });
    assert.deepEqual(await send(), { kind: 'accepted', rejectedPoints: 0, remark: null });
    const [{ method, headers, body }] = server.received as [(typeof server.received)[0]];
    assert.equal(method, 'POST');
    assert.deepEqual(body, Buffer.from(BODY));
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['content-length'], String(BODY.length));
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(headers['user-agent'], 'unitledger/test');
    assert.equal(headers.authorization, 'Bearer x');
  },
);

test('a compressed window has the header for it, and decompresses to the same bytes', LIMIT, async (t) => {
  const { server, send } = await setUp(t, { compression: 'gzip', encoding: ENCODINGS.protobuf });
  await send();
  await send();
  const [first, second] = server.received;
  assert.deepEqual(gunzipSync(first!.body), Buffer.from(BODY));
  assert.deepEqual(first!.body, second!.body);
  assert.equal(first!.headers['content-encoding'], 'gzip');
  assert.equal(first!.headers['content-type'], 'application/x-protobuf');
});

test('credentials in the endpoint are used', LIMIT, async (t) => {
  const { server } = await setUp(t);
  const url = server.url.replace('//', '//user:secret@');
  const { send } = await setUp(t, { url: `${url}?key=abc` });
  await send();
  assert.equal(server.received[0]!.headers.authorization, `Basic ${btoa('user:secret')}`);
});

const STATUSES: readonly [number, Answer['kind']][] = [
  [200, 'accepted'],
  [202, 'accepted'],
  [307, 'unavailable'],
  [400, 'refused'],
  [401, 'unavailable'],
  [403, 'unavailable'],
  [404, 'unavailable'],
  [413, 'too large'],
  [415, 'refused'],
  [429, 'unavailable'],
  [500, 'broken'],
  [501, 'broken'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'unavailable'],
];

for (const [code, kind] of STATUSES) {
  test(`HTTP ${code} means ${kind}`, LIMIT, async (t) => {
    const { server, send } = await setUp(t);
    server.answer = status(code, '', { location: '/elsewhere' });
    assert.equal((await send()).kind, kind);
    assert.equal(server.requests, 1);
  });
}

test("a collector's rejection message is repeated, printable, and truncated", LIMIT, async (t) => {
  const { server, send } = await setUp(t);
  server.answer = status(400, '{"code":3,"message":"no \\u001b such field"}');
  assert.deepEqual(await send(), {
    kind: 'refused',
    cause: 'HTTP 400',
    reason: 'HTTP 400: no \\x1b such field',
  });
  server.answer = status(400, 'plain \x1b text');
  assert.deepEqual(await send(), {
    kind: 'refused',
    cause: 'HTTP 400',
    reason: 'HTTP 400: plain \\x1b text',
  });
  const page = '<?xml version="1.0"?>\n<html><head><title> 502\x1b Bad Gateway </title>';
  server.answer = status(502, `${page}</head><body>${'x'.repeat(999)}`);
  assert.deepEqual(await send(), unavailable('HTTP 502', 'HTTP 502: 502\\x1b Bad Gateway'));
  server.answer = status(500, 'x'.repeat(10_000));
  assert.deepEqual(await send(), {
    kind: 'broken',
    cause: 'HTTP 500',
    reason: `HTTP 500: ${'x'.repeat(300)}`,
  });
});

test(
  'a message in protobuf is read from its status, and anything else is repeated as text',
  LIMIT,
  async (t) => {
    const { server, send } = await setUp(t, { encoding: ENCODINGS.protobuf });
    server.answer = status(400, '\x08\x03\x12\x09not a sum');
    assert.deepEqual(await send(), { kind: 'refused', cause: 'HTTP 400', reason: 'HTTP 400: not a sum' });
    server.answer = status(400, '\x12\x7fcut');
    assert.deepEqual(await send(), { kind: 'refused', cause: 'HTTP 400', reason: 'HTTP 400: \\x12\\x7fcut' });
  },
);

for (const [header, seconds] of [
  ['60', 60],
  ['0', 0],
  ['Thu, 01 Jan 2026 00:01:30 GMT', 90],
  ['Thursday, 01-Jan-26 00:01:30 GMT', 90],
  ['Thu Jan  1 00:01:30 2026', 90],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['1000000000', 3600],
  ['soon', null],
  ['-5', null],
] as const) {
  test(
    `Retry-After "${header}" is ${seconds === null ? 'not understood' : `${seconds} s`}`,
    LIMIT,
    async (t) => {
      const { server, send } = await setUp(t);
      server.answer = status(429, '', { 'retry-after': header });
      assert.deepEqual(await send(), unavailable('HTTP 429', 'HTTP 429', seconds));
    },
  );
}

test('a partial success is a success with rejected points and a remark', LIMIT, async (t) => {
  const { server, send } = await setUp(t);
  const answers = [
    [
      '{"partialSuccess":{"rejectedDataPoints":"7","errorMessage":"out of \\u202eorder"}}',
      7,
      'out of \\u{202e}order',
    ],
    ['{"partialSuccess":{"rejectedDataPoints":3}}', 3, null],
    ['{"partialSuccess":{}}', 0, null],
    ['{}', 0, null],
    ['', 0, null],
    ['{"partialSuccess":{"rejectedDataPoints":"x","errorMessage":5}}', 0, null],
  ] as const;
  for (const [body, rejectedPoints, remark] of answers) {
    server.answer = status(200, body, { 'content-type': 'application/json' });
    assert.deepEqual(await send(), { kind: 'accepted', rejectedPoints, remark });
  }
});

test('a partial success in protobuf is recognised, too', LIMIT, async (t) => {
  const { server, send } = await setUp(t, { encoding: ENCODINGS.protobuf });
  server.answer = status(200, '\x0a\x09\x08\x05\x12\x05stale');
  assert.deepEqual(await send(), { kind: 'accepted', rejectedPoints: 5, remark: 'stale' });
  server.answer = status(200, '');
  assert.deepEqual(await send(), { kind: 'accepted', rejectedPoints: 0, remark: null });
});

const PAGE = '<!doctype html><html><title>Log in</title>';
for (const [what, encoding, body, contentType] of [
  ['a login page', 'json', PAGE, 'text/html; charset=utf-8'],
  ['a login page', 'protobuf', PAGE, 'text/html; charset=utf-8'],
  ['a page without a type', 'protobuf', PAGE, undefined],
  ['a page that calls itself protobuf', 'protobuf', PAGE, 'application/x-protobuf'],
  ['a plain text', 'json', 'OK', 'text/plain'],
  ['a plain text', 'protobuf', 'OK', 'text/plain'],
  ['a JSON text that is not an object', 'json', '"ok"', 'application/json'],
  ['a cut protobuf message', 'protobuf', '\x0a\x09\x08', 'application/x-protobuf'],
] as const) {
  test(`a 200 with ${what} for ${encoding} is not a delivery`, LIMIT, async (t) => {
    const { server, send } = await setUp(t, { encoding: ENCODINGS[encoding] });
    server.answer = status(200, body, contentType === undefined ? {} : { 'content-type': contentType });
    const answer = await send();
    assert.equal(answer.kind, 'unavailable');
    const { cause, reason } = answer as { cause: string; reason: string };
    assert.equal(cause, 'HTTP 200 without OTLP');
    assert.match(reason, /^HTTP 200 with a body that is not OTLP \(.*\(is the endpoint a collector/);
  });
}

test('an answer in the other encoding of OTLP is a delivery', LIMIT, async (t) => {
  const { server, send } = await setUp(t, { encoding: ENCODINGS.protobuf });
  server.answer = status(200, '{"partialSuccess":{}}', { 'content-type': 'application/json' });
  assert.equal((await send()).kind, 'accepted');
});

for (const [what, fault] of [
  ['an answer that comes byte by byte', drip],
  ['a collector that never answers', silence],
] as const) {
  test(`${what} ends when the caller says so, and leaves no socket`, LIMIT, async (t) => {
    const { server, transport, send } = await setUp(t);
    server.answer = fault;
    const controller = new AbortController();
    const sent = transport.send(BODY, controller.signal);
    await server.until(() => server.requests === 1);
    controller.abort({ cause: 'timeout', reason: 'time is up' });
    assert.deepEqual(await sent, unavailable('timeout', 'time is up'));
    await server.until(() => server.openSockets === 0);
    server.answer = taken;
    assert.equal((await send()).kind, 'accepted');
  });
}

test('nothing is sent after the caller has given up', LIMIT, async (t) => {
  const { server, transport } = await setUp(t);
  assert.deepEqual(
    await transport.send(BODY, AbortSignal.abort({ cause: 'end', reason: 'too late' })),
    unavailable('end', 'too late'),
  );
  assert.equal(server.requests, 0);
});

test('an answer that is truncated, or has no end, is no acknowledgement', LIMIT, async (t) => {
  const { server, send } = await setUp(t);
  server.answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    setImmediate(() => response.destroy());
  };
  assert.deepEqual(
    await send(),
    unavailable('ECONNRESET', 'ECONNRESET: connection closed by the other side'),
  );
  server.answer = (_request, response) => {
    response.writeHead(200).end('x'.repeat(2_000_000));
  };
  assert.deepEqual(await send(), unavailable('other', 'the response is longer than 1 MiB'));
});

test('nothing more of a window is sent after an answer that came before its end', LIMIT, async (t) => {
  const received = Promise.withResolvers<number>();
  const server = createServer((socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      if (bytes === 0) socket.pause().write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      bytes += chunk.length;
    });
    socket.on('error', () => {});
    socket.on('close', () => received.resolve(bytes));
    answered.promise.then(() => socket.resume());
  });
  const answered = Promise.withResolvers<void>();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const url = new URL(`http://127.0.0.1:${port}/v1/metrics`);
  const { transport } = await setUp(t, { url: url.href, target: url.href });
  const body = new Uint8Array(32 * 1024 * 1024);
  const { kind } = await transport.send(body, new AbortController().signal);
  answered.resolve();
  assert.equal(kind, 'accepted');
  assert.ok((await received.promise) < body.length);
});

test("a missing collector is reported by the system's message", LIMIT, async (t) => {
  const { server, send } = await setUp(t);
  await server.stop();
  assert.deepEqual(await send(), unavailable('ECONNREFUSED', 'ECONNREFUSED: connection refused'));
});

test('a connection that was closed while idle is silently reopened', LIMIT, async (t) => {
  // It answers one request on each connection, and cuts it off at the next: the client cannot know before.
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    let answered = false;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (answered) socket.resetAndDestroy();
      else if (data.toString().includes('resourceMetrics')) {
        answered = true;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const { send } = await setUp(t, { url: `http://127.0.0.1:${port}/v1/metrics` });
  for (let i = 0; i < 4; i++) assert.equal((await send()).kind, 'accepted');
  assert.equal(connections, 4);
});

test('a connection that is cut immediately is not retried endlessly', LIMIT, async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.once('data', () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const { send } = await setUp(t, { url: `http://127.0.0.1:${port}/v1/metrics` });
  assert.deepEqual(
    await send(),
    unavailable('ECONNRESET', 'ECONNRESET: connection closed by the other side'),
  );
  assert.equal(connections, 1);
});

test('headers that are currently unavailable delay the window', LIMIT, async (t) => {
  const { server, send } = await setUp(t, {
    headers: () => {
      throw new Error('no token \x07 yet');
    },
  });
  assert.deepEqual(await send(), unavailable('other', 'no token \\x07 yet'));
  assert.equal(server.requests, 0);
});
