import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GaugeMetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { BacklogLimits } from '../../../src/telemetry/export/backlog.ts';
import { ENCODINGS } from '../../../src/telemetry/export/otlp-encoding.ts';
import { QueuedDelivery } from '../../../src/telemetry/export/queued-delivery.ts';
import type { Answer } from '../../../src/telemetry/export/transport.ts';
import { ManualClock } from '../../sampling/manual-clock.ts';
import { RecordedLog } from '../recorded-log.ts';
import { ACCEPTED, away, broken, HeldTransport, refused, turn } from './held-transport.ts';
import { windowWith } from './windows-on-the-wire.ts';

function setUp(limits: Partial<BacklogLimits> = {}, isDefaultEndpoint = false) {
  const transport = new HeldTransport();
  const log = new RecordedLog();
  const clock = new ManualClock();
  const delivery = new QueuedDelivery({
    encoding: ENCODINGS.json,
    transport,
    transportOf: () => null,
    limits: { memoryBytes: 1_000_000, diskBytes: 1_000_000, ageSeconds: 3600, ...limits },
    spool: null,
    isDefaultEndpoint,
    timeoutSeconds: 10,
    clock,
    log,
    random: () => 0,
  });
  const pass = async (seconds: number) => {
    clock.advance(seconds);
    await turn();
  };
  return { transport, log, clock, pass, delivery, counts: () => some(delivery) };
}

function some({ counts }: QueuedDelivery) {
  const { delivered, failed, spooled } = counts;
  return { delivered, failed, spooled };
}

const WINDOW_BYTES = ENCODINGS.json.encode(windowWith(1)).length;

test('windows are sent one at a time, in their order', async () => {
  const { transport, delivery } = setUp();
  for (const value of [1, 2, 3]) delivery.send(windowWith(value));
  assert.deepEqual(transport.values, [1]);
  assert.equal(delivery.counts.spooled, 3);
  assert.equal(delivery.counts.spoolBytes, 3 * WINDOW_BYTES);
  for (let i = 0; i < 3; i++) await transport.answer(ACCEPTED);
  assert.deepEqual(transport.values, [1, 2, 3]);
  assert.deepEqual(delivery.counts, {
    delivered: 3,
    failed: 0,
    rejectedPoints: 0,
    spooled: 0,
    spoolBytes: 0,
    dropped: 0,
    droppedBy: { age: 0, disk: 0, memory: 0 },
    setAside: 0,
    state: 'delivered',
    stateText: 'delivered',
  });
});

test('windows are buffered while the collector is unavailable, and then sent in order, with the same bytes and without pauses', async () => {
  const { transport, log, pass, delivery, counts } = setUp();
  delivery.send(windowWith(1));
  await transport.answer(away('down'));
  for (const value of [2, 3]) delivery.send(windowWith(value));
  assert.deepEqual(transport.values, [1]);
  assert.equal(delivery.counts.stateText, 'buffering 3 windows');
  await pass(0.5);
  await transport.answer(away('down'));
  await pass(1);
  for (let i = 0; i < 3; i++) await transport.answer(ACCEPTED);
  assert.deepEqual(transport.values, [1, 1, 1, 2, 3]);
  assert.deepEqual(transport.bodies[2], transport.bodies[0]);
  assert.deepEqual(counts(), { delivered: 3, failed: 0, spooled: 0 });
  assert.deepEqual(log.said, [
    'warn: collector http://collector.test/: down; buffering metrics (1 window) (down)',
    'info: collector http://collector.test/ accepts metrics again; sending 2 buffered windows',
  ]);
});

test('pauses between attempts double up to half a minute, and start again after a success', async () => {
  const { transport, clock, pass, delivery } = setUp();
  delivery.send(windowWith(1));
  const pauses: number[] = [];
  const pause = async () => {
    const before = transport.bodies.length;
    const from = clock.monotonicSeconds();
    await transport.answer(away('down'));
    while (transport.bodies.length === before) {
      await pass(0.25);
    }
    pauses.push(clock.monotonicSeconds() - from);
  };
  for (let i = 0; i < 8; i++) await pause();
  await transport.answer(ACCEPTED);
  delivery.send(windowWith(2));
  await pause();
  assert.deepEqual(pauses, [0.5, 1, 2, 4, 8, 16, 30, 30, 0.5]);
});

test('a pause requested by the collector is used if it is longer than our own', async () => {
  const { transport, pass, delivery } = setUp();
  delivery.send(windowWith(1));
  await transport.answer(away('full', 60));
  await pass(59.9);
  assert.equal(transport.bodies.length, 1);
  await pass(0.2);
  assert.equal(transport.bodies.length, 2);
  await transport.answer(away('full', 0));
  assert.equal(transport.bodies.length, 2);
  await pass(1);
  assert.equal(transport.bodies.length, 3);
});

test('a window that is rejected for good does not delay the next one', async () => {
  const { transport, log, delivery, counts } = setUp();
  for (const value of [1, 2]) delivery.send(windowWith(value));
  await transport.answer(refused('no such thing'));
  assert.deepEqual(transport.values, [1, 2]);
  assert.equal(delivery.counts.stateText, 'failing: no such thing');
  await transport.answer(ACCEPTED);
  assert.deepEqual(counts(), { delivered: 1, failed: 1, spooled: 0 });
  assert.equal(delivery.counts.setAside, 1);
  assert.deepEqual(log.said, [
    'warn: collector http://collector.test/ rejected 1 window: no such thing; dropped (no such thing)',
  ]);
});

test('a window at which the collector fails ten times does not delay the next one any longer', async () => {
  const { transport, pass, delivery, counts } = setUp();
  for (const value of [1, 2]) delivery.send(windowWith(value));
  for (let i = 0; i < 10; i++) {
    assert.equal(transport.bodies.length, i + 1);
    await transport.answer(broken('500'));
    if (i < 9) await pass(30);
  }
  assert.deepEqual(transport.values, [...Array(10).fill(1), 2]);
  await transport.answer(ACCEPTED);
  assert.deepEqual(counts(), { delivered: 1, failed: 1, spooled: 0 });
});

test('outages in between do not count as failures of the window', async () => {
  const { transport, pass, delivery, counts } = setUp();
  delivery.send(windowWith(1));
  for (let i = 0; i < 30; i++) {
    await transport.answer(i % 4 === 0 ? broken('500') : away('down'));
    await pass(30);
  }
  await transport.answer(ACCEPTED);
  assert.deepEqual(counts(), { delivered: 1, failed: 0, spooled: 0 });
});

test('when the buffer is full the oldest windows are dropped first, except the one being sent; logged once', async () => {
  const { transport, log, delivery, counts } = setUp({ memoryBytes: 3 * WINDOW_BYTES });
  for (const value of [1, 2, 3, 4, 5]) delivery.send(windowWith(value));
  assert.deepEqual(counts(), { delivered: 0, failed: 2, spooled: 3 });
  assert.equal(delivery.counts.dropped, 2);
  for (let i = 0; i < 3; i++) await transport.answer(ACCEPTED);
  assert.deepEqual(transport.values, [1, 4, 5]);
  assert.deepEqual(counts(), { delivered: 3, failed: 2, spooled: 0 });
  assert.equal(log.lines.length, 1);
});

test('a window larger than the buffer is dropped, and not the one being sent', async () => {
  const { transport, delivery, counts } = setUp({ memoryBytes: WINDOW_BYTES });
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  await transport.answer(ACCEPTED);
  assert.deepEqual(transport.values, [1]);
  assert.deepEqual(counts(), { delivered: 1, failed: 1, spooled: 0 });
});

test('a window larger than the buffer is sent if no other is waiting', async () => {
  const { transport, delivery, counts } = setUp({ memoryBytes: WINDOW_BYTES / 2 });
  delivery.send(windowWith(1));
  await transport.answer(ACCEPTED);
  assert.deepEqual(transport.values, [1]);
  assert.deepEqual(counts(), { delivered: 1, failed: 0, spooled: 0 });
});

test('windows that waited too long are dropped', async () => {
  const { transport, clock, pass, delivery, counts } = setUp({ ageSeconds: 100 });
  delivery.send(windowWith(1));
  await transport.answer(away('down', 90));
  clock.advance(50);
  delivery.send(windowWith(2));
  await pass(60);
  assert.deepEqual(transport.values, [1, 2]);
  await transport.answer(ACCEPTED);
  assert.deepEqual(counts(), { delivered: 1, failed: 1, spooled: 0 });
});

/** Fails every try for so long with what `answer` makes of the number of the try; the seconds between tries are ours. */
async function failFor(
  { transport, pass }: ReturnType<typeof setUp>,
  seconds: number,
  answer: (n: number) => Answer,
): Promise<number> {
  let tries = 0;
  for (let at = 0; at < seconds; at += 30) {
    await transport.answer(answer(++tries));
    await pass(30);
  }
  return tries;
}

test('an outage whose text varies with each request is logged once, and every ten minutes with a count and the latest text', async () => {
  const run = setUp();
  run.delivery.send(windowWith(0));
  // As many tries as there are in an hour, each with a text of its own.
  const tries = await failFor(run, 3600, (n) => away(`HTTP 503: request ${n}`, null, 'HTTP 503'));
  assert.equal(tries, 120);
  assert.deepEqual(
    run.log.lines.map(({ level, fields }) => `${level} ${fields.cause} ${fields.failures} ${fields.reason}`),
    [1, 21, 41, 61, 81, 101].map((n, i) => `warn HTTP 503 ${i === 0 ? 1 : 20} HTTP 503: request ${n}`),
  );
  assert.match(
    run.log.lines[1]!.message,
    /: HTTP 503: request 21; buffering metrics \(1 window\); 20 failed requests since/,
  );
});

test('a new kind of failure is logged however many others came before, and a known one is not', async () => {
  const run = setUp();
  run.delivery.send(windowWith(0));
  const kinds = Array.from({ length: 40 }, (_, n) => `HTTP ${500 + n}`);
  for (const kind of [...kinds, 'HTTP 539', 'HTTP 538', 'ECONNREFUSED']) {
    await run.transport.answer(away(kind, null, kind));
    await run.pass(30);
  }
  assert.deepEqual(
    run.log.lines.map(({ fields }) => fields.cause),
    [...kinds, 'ECONNREFUSED'],
  );
});

test('a collector that fails at every second window is logged every ten minutes; a new outage after a good minute immediately', async () => {
  const { transport, log, pass, delivery } = setUp();
  const said = () => log.lines.splice(0).map(({ level, fields }) => `${level} ${fields.reason ?? ''}`);
  for (let i = 0; i < 60; i++) {
    delivery.send(windowWith(i));
    await transport.answer(away('down'));
    await pass(1);
    await transport.answer(ACCEPTED);
    await pass(10);
  }
  assert.deepEqual(said(), ['warn down', 'info ', 'warn down', 'info ']);
  for (let i = 0; i < 7; i++) {
    delivery.send(windowWith(i));
    await transport.answer(ACCEPTED);
    await pass(10);
  }
  delivery.send(windowWith(0));
  await transport.answer(away('down'));
  assert.deepEqual(said(), ['warn down']);
});

test('partial successes with varying text are one kind, and so are windows that are rejected for good', async () => {
  const { transport, log, pass, delivery } = setUp();
  for (let i = 0; i < 90; i++) {
    delivery.send(windowWith(i));
    await transport.answer({ kind: 'accepted', rejectedPoints: 2, remark: `at ${i}` });
    delivery.send(windowWith(i));
    await transport.answer(refused(`HTTP 400: line ${i}`, 'HTTP 400'));
    await pass(10);
  }
  assert.deepEqual(
    log.lines.map(({ fields }) => [fields.remark ?? fields.reason, fields.windows]),
    [
      ['at 0', 1],
      ['HTTP 400: line 0', 1],
      ['at 60', 60],
      ['HTTP 400: line 60', 60],
    ],
  );
});

test('dropped windows name the limit that was reached, in the log and in the counts', async () => {
  const old = setUp({ ageSeconds: 3600 });
  for (const value of [1, 2, 3]) old.delivery.send(windowWith(value));
  await old.transport.answer(away('down', 3601, 'down'));
  old.clock.advance(3601);
  await old.pass(3600);
  assert.deepEqual(old.delivery.counts.droppedBy, { age: 3, disk: 0, memory: 0 });
  assert.equal(old.log.lines.at(-1)!.message, 'dropped 3 export windows: older than 1 h (--spool-age)');

  const full = setUp({ memoryBytes: 2 * WINDOW_BYTES });
  for (const value of [1, 2, 3]) full.delivery.send(windowWith(value));
  assert.deepEqual(full.delivery.counts.droppedBy, { age: 0, disk: 0, memory: 1 });
  assert.match(
    full.log.lines[0]!.message,
    /^dropped 1 export window: memory buffer full \(.* MiB; --spool-dir/,
  );
  assert.match(full.delivery.counts.stateText, /^failing: memory buffer full/);
});

test('a window that is too large is rejected with its size and the ways to reduce it', async () => {
  const { transport, log, delivery } = setUp();
  delivery.send(windowWith(1));
  await transport.answer({ kind: 'too large', cause: 'HTTP 413', reason: 'HTTP 413' });
  assert.match(
    log.lines[0]!.message,
    /HTTP 413; the window has 1 KiB: lower --process-series or --series-budget, set OTEL_EXPORTER_OTLP_COMPRESSION=gzip/,
  );
});

/** A window of some 200 KiB: points of 1 KiB with their numbers as values. */
function largeWindow(points: number): ResourceMetrics {
  const window = windowWith(0);
  const metric = window.scopeMetrics[0]!.metrics[0]! as GaugeMetricData;
  const [point] = metric.dataPoints;
  const dataPoints = Array.from({ length: points }, (_, value) => ({
    ...point!,
    attributes: { filler: 'x'.repeat(1000) },
    value,
  }));
  return { ...window, scopeMetrics: [{ ...window.scopeMetrics[0]!, metrics: [{ ...metric, dataPoints }] }] };
}

/** The values of the points of each request. */
function valuesOf(body: Uint8Array): number[] {
  const { resourceMetrics } = JSON.parse(Buffer.from(body).toString());
  const points = resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints as { asInt: number }[];
  return points.map(({ asInt }) => Number(asInt));
}

const TOO_LARGE: Answer = { kind: 'too large', cause: 'HTTP 413', reason: 'HTTP 413' };

test('a window that is too large is sent in parts, and so are later ones immediately, for ten minutes', async () => {
  const { transport, log, delivery, counts, pass } = setUp();
  const all = Array.from({ length: 200 }, (_, value) => value);
  const accepted: number[] = [];
  const accept = async () => {
    accepted.push(...valuesOf(transport.bodies.at(-1)!));
    await transport.answer(ACCEPTED);
  };
  delivery.send(largeWindow(200));
  await transport.answer(TOO_LARGE);
  await accept();
  assert.deepEqual(counts(), { delivered: 0, failed: 0, spooled: 1 });
  // An outage between two parts costs neither of them.
  await transport.answer(away('HTTP 503'));
  await pass(60);
  await accept();
  assert.deepEqual(accepted, all);
  assert.deepEqual(counts(), { delivered: 1, failed: 0, spooled: 0 });
  assert.match(
    log.lines[0]!.message,
    /^collector .*: HTTP 413; sending windows in parts: the window has \d+ KiB: lower --process-series/,
  );
  const before = transport.bodies.length;
  delivery.send(largeWindow(200));
  await accept();
  await accept();
  assert.equal(transport.bodies.length, before + 2);
  await pass(601);
  delivery.send(largeWindow(200));
  assert.deepEqual(valuesOf(transport.bodies.at(-1)!), all, 'the limit may be another now');
  await accept();
  assert.deepEqual(counts(), { delivered: 3, failed: 0, spooled: 0 });
});

test('a collector that rejects every size causes few requests a window', async () => {
  const { transport, log, delivery, counts } = setUp();
  delivery.send(largeWindow(200));
  for (let request = 0; transport.isUnderWay; request++) {
    assert.ok(request < 4, 'a part of 64 KiB is not split');
    await transport.answer(TOO_LARGE);
  }
  assert.deepEqual(counts(), { delivered: 0, failed: 1, spooled: 0 });
  assert.match(log.lines.at(-1)!.message, /rejected 1 window: HTTP 413; the window has \d+ KiB: lower/);
});

test('rejected points are summed up, and each remark of the collector is logged once', async () => {
  const { transport, log, delivery } = setUp();
  const partly: Answer = { kind: 'accepted', rejectedPoints: 3, remark: 'too old' };
  for (const answer of [partly, partly]) {
    delivery.send(windowWith(0));
    await transport.answer(answer);
  }
  assert.deepEqual([delivery.counts.delivered, delivery.counts.rejectedPoints], [2, 6]);
  assert.deepEqual(log.said, [
    'warn: collector http://collector.test/ rejected 3 data points of a window: too old (too old)',
  ]);
});

test('a request without an answer is cut at its deadline, and sent again', async () => {
  const { transport, pass, delivery, log } = setUp();
  delivery.send(windowWith(1));
  await pass(9.9);
  assert.equal(transport.bodies.length, 1);
  await pass(0.1);
  await pass(0.5);
  assert.deepEqual(transport.values, [1, 1]);
  assert.equal(log.lines[0]!.fields.reason, 'no complete answer within 10 s (--export-timeout)');
  await transport.answer(ACCEPTED);
});

test('shutdown sends buffered windows, then closes the transport; later windows fail', async () => {
  const { transport, delivery, counts } = setUp();
  for (const value of [1, 2]) delivery.send(windowWith(value));
  const shutDown = delivery.shutdown(60);
  await transport.answer(ACCEPTED);
  await transport.answer(ACCEPTED);
  await shutDown;
  assert.equal(transport.closed, 1);
  delivery.send(windowWith(3));
  assert.deepEqual(counts(), { delivered: 2, failed: 1, spooled: 0 });
  assert.deepEqual(transport.values, [1, 2]);
});

test('shutdown immediately retries a window that waits for its next attempt', async () => {
  const { transport, delivery, counts } = setUp();
  delivery.send(windowWith(1));
  await transport.answer(away('down'));
  const shutDown = delivery.shutdown(5);
  await turn();
  await transport.answer(ACCEPTED);
  await shutDown;
  assert.deepEqual(counts(), { delivered: 1, failed: 0, spooled: 0 });
});

test('shutdown does not retry earlier than the collector requested', async () => {
  const { transport, clock, delivery, counts } = setUp();
  delivery.send(windowWith(1));
  await transport.answer(away('full', 60));
  const shutDown = delivery.shutdown(5);
  clock.advance(5);
  await shutDown;
  assert.equal(transport.bodies.length, 1);
  assert.deepEqual(counts(), { delivered: 0, failed: 1, spooled: 0 });
});

test('shutdown ends at its deadline though the collector is stuck, and counts the remaining windows', async () => {
  const { transport, log, clock, delivery, counts } = setUp();
  for (const value of [1, 2, 3]) delivery.send(windowWith(value));
  const shutDown = delivery.shutdown(2);
  clock.advance(2);
  await shutDown;
  assert.deepEqual(transport.values, [1]);
  assert.deepEqual(counts(), { delivered: 0, failed: 3, spooled: 0 });
  assert.deepEqual(log.said, [
    'warn: dropped 3 export windows: the run ended before collector http://collector.test/ accepted them',
  ]);
});

test('shutdown logs once how long it waits for an unavailable collector', async () => {
  const { transport, log, clock, pass, delivery } = setUp();
  delivery.send(windowWith(1));
  await transport.answer(away('down'));
  const shutDown = delivery.shutdown(5);
  await turn();
  await transport.answer(away('down'));
  await pass(0.5);
  await transport.answer(away('down'));
  clock.advance(5);
  await shutDown;
  assert.deepEqual(log.said.slice(1), [
    'info: waiting up to 5 s for collector http://collector.test/ to accept 1 window; a second interrupt (Ctrl-C or SIGTERM) skips the wait',
    'warn: dropped 1 export window: the run ended before collector http://collector.test/ accepted it',
  ]);
});

test('shutdown does not wait for the default endpoint if nothing listens there, unless it has answered before', async () => {
  const nothing: Answer = {
    kind: 'unavailable',
    cause: 'ECONNREFUSED',
    reason: 'ECONNREFUSED: connection refused',
    retryAfterSeconds: null,
  };
  const absent = setUp({}, true);
  absent.delivery.send(windowWith(1));
  const atOnce = absent.delivery.shutdown(60);
  await absent.transport.answer(nothing);
  await atOnce;
  assert.deepEqual(absent.counts(), { delivered: 0, failed: 1, spooled: 0 });
  const gone = setUp({}, true);
  gone.delivery.send(windowWith(1));
  await gone.transport.answer(ACCEPTED);
  gone.delivery.send(windowWith(2));
  const later = gone.delivery.shutdown(60);
  await gone.transport.answer(nothing);
  await gone.pass(0.5);
  await gone.transport.answer(ACCEPTED);
  await later;
  assert.deepEqual(gone.counts(), { delivered: 2, failed: 0, spooled: 0 });
});

test('shutdown called again uses the shorter timeout', async () => {
  const { clock, delivery, counts } = setUp();
  delivery.send(windowWith(1));
  const first = delivery.shutdown(60);
  const second = delivery.shutdown(0);
  clock.advance(0);
  await Promise.all([first, second]);
  assert.deepEqual(counts(), { delivered: 0, failed: 1, spooled: 0 });
});

test('a window that cannot be serialized is lost with the reason, and does not stop the queue', async () => {
  const { transport, log, delivery, counts } = setUp();
  const window = windowWith(1);
  delivery.send({
    ...window,
    get scopeMetrics(): never {
      throw new Error('cannot \x1b be read');
    },
  });
  delivery.send(windowWith(2));
  await transport.answer(ACCEPTED);
  assert.deepEqual(counts(), { delivered: 1, failed: 1, spooled: 0 });
  assert.match(log.said[0]!, /^warn: dropped 1 export window: cannot serialize it: cannot \\x1b be read/);
});
