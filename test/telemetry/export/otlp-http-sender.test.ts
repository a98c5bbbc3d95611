import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Diagnostics } from '../../../src/telemetry/export/diagnostics.ts';
import { OtlpHttpSender } from '../../../src/telemetry/export/otlp-http-sender.ts';
import { QueuedDelivery } from '../../../src/telemetry/export/queued-delivery.ts';
import { RecordedLog } from '../recorded-log.ts';
import { drip, FaultServer, silence, status, taken } from './fault-server.ts';
import { windowWith } from './windows-on-the-wire.ts';

async function setUp(t: TestContext, timeoutSeconds: number) {
  const server = await FaultServer.start();
  const log = new RecordedLog();
  const diagnostics = new Diagnostics(log);
  diagnostics.start();
  const sender = new OtlpHttpSender({
    url: server.url,
    tls: {},
    timeoutSeconds,
    userAgent: 'unitledger/test',
    takePartialSuccess: () => diagnostics.takePartialSuccess(),
  });
  const delivery = new QueuedDelivery({ sender, log, timeoutSeconds });
  t.after(async () => {
    await delivery.shutdown(0);
    diagnostics.stop();
    await server.stop();
  });
  return { server, log, delivery, sender };
}

/** Waits until `done` says so; throws after ten seconds. */
async function until(done: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!done()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${done}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const LIMIT = { timeout: 20_000 };

for (const [code, reason] of [
  [400, 'it answered HTTP 400: no \\x1b such field'],
  [500, 'it answered HTTP 500: no \\x1b such field'],
  [307, 'it answered HTTP 307: no \\x1b such field'],
] as const) {
  test(`HTTP ${code} fails at once, said with what the collector said, made printable`, LIMIT, async (t) => {
    const { server, log, delivery } = await setUp(t, 30);
    server.answer = status(code, 'no \x1b such field');
    delivery.send(windowWith(1));
    await until(() => delivery.counts.failed === 1);
    assert.equal(server.requests, 1);
    assert.deepEqual(log.said, [`warn: a window of metrics was not delivered (${reason})`]);
    assert.equal(log.lines[0]!.fields.target, server.url);
  });
}

test(
  'HTTP 503 is tried again within the deadline, and what is delivered then has not failed',
  LIMIT,
  async (t) => {
    const { server, log, delivery } = await setUp(t, 10);
    server.answer = (request, response) => (server.requests < 2 ? status(503) : taken)(request, response);
    delivery.send(windowWith(1));
    await until(() => delivery.counts.delivered === 1);
    assert.equal(server.requests, 2);
    assert.deepEqual(log.said, []);
  },
);

test('HTTP 503 that stays has failed once no try is left within the deadline', LIMIT, async (t) => {
  const { server, log, delivery } = await setUp(t, 0.5);
  server.answer = status(503);
  delivery.send(windowWith(1));
  await until(() => delivery.counts.failed === 1);
  assert.deepEqual(log.said, [
    'warn: a window of metrics was not delivered (it went on answering that it is not ready (HTTP 429, 502, 503 or 504))',
  ]);
});

test('HTTP 429 that asks for a minute has failed without waiting for it', LIMIT, async (t) => {
  const { server, delivery } = await setUp(t, 5);
  server.answer = status(429, '', { 'retry-after': '60' });
  delivery.send(windowWith(1));
  await until(() => delivery.counts.failed === 1);
  assert.equal(server.requests, 1);
});

for (const [what, fault] of [
  ['an answer that comes byte by byte', drip],
  ['a collector that never answers', silence],
] as const) {
  test(
    `${what} ends at the total deadline, leaves no socket, and the next window gets through`,
    LIMIT,
    async (t) => {
      const { server, log, delivery } = await setUp(t, 0.4);
      server.answer = fault;
      const started = performance.now();
      delivery.send(windowWith(1));
      await until(() => delivery.counts.failed === 1);
      const took = performance.now() - started;
      assert.ok(took > 300 && took < 3_000, `${took} ms`);
      await until(() => server.openSockets === 0);
      server.answer = taken;
      delivery.send(windowWith(2));
      await until(() => delivery.counts.delivered === 1);
      assert.equal(log.said.at(-1), 'info: recovered after 1 failed window');
    },
  );
}

test('an abandoned window is not sent again later, behind those that came after it', LIMIT, async (t) => {
  const { server, delivery } = await setUp(t, 30);
  server.answer = status(503);
  delivery.send(windowWith(1));
  await until(() => server.requests === 1);
  await delivery.shutdown(0.05);
  assert.deepEqual(delivery.counts, { delivered: 0, failed: 1, rejectedPoints: 0 });
  // The exporter's first try again comes after 0.8 to 1.2 s.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.equal(server.requests, 1);
});

test('a collector that is not there is named by what the system says, once', LIMIT, async (t) => {
  const { server, log, delivery } = await setUp(t, 0.3);
  await server.stop();
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  await until(() => delivery.counts.failed === 2);
  assert.deepEqual(log.said, [
    'warn: a window of metrics was not delivered (ECONNREFUSED: nothing listens there)',
  ]);
});

for (const [what, fault] of [
  ['a dripping answer', drip],
  ['silence', silence],
  ['an endless 503', status(503)],
] as const) {
  test(`shutdown returns within its deadline in spite of ${what}`, LIMIT, async (t) => {
    const { server, delivery } = await setUp(t, 30);
    server.answer = fault;
    for (const value of [1, 2, 3]) delivery.send(windowWith(value));
    const started = performance.now();
    await delivery.shutdown(0.3);
    const took = performance.now() - started;
    assert.ok(took < 2_000, `${took} ms`);
    assert.deepEqual(delivery.counts, { delivered: 0, failed: 3, rejectedPoints: 0 });
    await until(() => server.openSockets === 0);
  });
}

test(
  'a partial success is delivered; its points are counted and its message is said once',
  LIMIT,
  async (t) => {
    const { server, log, delivery } = await setUp(t, 10);
    const partial = { partialSuccess: { rejectedDataPoints: '7', errorMessage: 'out of \u202eorder' } };
    server.answer = status(200, JSON.stringify(partial), { 'content-type': 'application/json' });
    delivery.send(windowWith(1));
    delivery.send(windowWith(2));
    await until(() => delivery.counts.delivered === 2);
    assert.equal(delivery.counts.rejectedPoints, 14);
    assert.deepEqual(log.said, ['warn: the collector refused points of a window (out of \\u{202e}order)']);
  },
);

test('an answer with an empty partial success is a plain success', LIMIT, async (t) => {
  const { server, log, delivery } = await setUp(t, 10);
  server.answer = status(200, '{"partialSuccess":{}}', { 'content-type': 'application/json' });
  delivery.send(windowWith(1));
  await until(() => delivery.counts.delivered === 1);
  assert.deepEqual([log.said, delivery.counts.rejectedPoints], [[], 0]);
});

test('an answer that is no JSON is a success with a word to the log', LIMIT, async (t) => {
  const { server, log, delivery } = await setUp(t, 10);
  server.answer = status(200, '<html>', { 'content-type': 'text/html' });
  delivery.send(windowWith(1));
  await until(() => delivery.counts.delivered === 1);
  assert.equal(log.lines.length, 1);
  assert.match(log.said[0]!, /^warn: Failed to parse metrics export response/);
});

test('credentials in the endpoint are not said', () => {
  const sender = new OtlpHttpSender({
    url: 'https://user:secret@collector.test:4318/v1/metrics?key=abc',
    tls: {},
    timeoutSeconds: 1,
    userAgent: 'x',
    takePartialSuccess: () => null,
  });
  assert.equal(sender.target, 'https://collector.test:4318/v1/metrics');
});
