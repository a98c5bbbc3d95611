import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Sender, SendOutcome } from '../../../src/telemetry/export/delivery.ts';
import { QueuedDelivery } from '../../../src/telemetry/export/queued-delivery.ts';
import { RecordedLog } from '../recorded-log.ts';
import { valueIn, windowWith } from './windows-on-the-wire.ts';

const DELIVERED: SendOutcome = { kind: 'delivered', rejectedPoints: 0, remark: null };
const refused = (reason: string): SendOutcome => ({ kind: 'failed', reason });

/** A sender whose every outcome the test decides; aborted ones fail with the reason of the signal. */
class HeldSender implements Sender {
  readonly target = 'http://collector.test/';
  readonly started: unknown[] = [];
  readonly settle: ((outcome: SendOutcome) => void)[] = [];
  closed = 0;

  send(metrics: ResourceMetrics, signal: AbortSignal): Promise<SendOutcome> {
    this.started.push(valueIn(metrics));
    return new Promise((resolve) => {
      this.settle.push(resolve);
      signal.addEventListener('abort', () => resolve(refused(String(signal.reason))));
    });
  }

  close(): void {
    this.closed++;
  }

  /** Settles the send that is under way, and lets the next begin. */
  async end(outcome: SendOutcome): Promise<void> {
    this.settle.at(-1)!(outcome);
    await new Promise(setImmediate);
  }
}

function setUp(more: { timeoutSeconds?: number; queueLimit?: number } = {}) {
  const sender = new HeldSender();
  const log = new RecordedLog();
  return { sender, log, delivery: new QueuedDelivery({ sender, log, timeoutSeconds: 60, ...more }) };
}

test('windows are sent one at a time, in the order in which they came', async () => {
  const { sender, delivery } = setUp();
  for (const value of [1, 2, 3]) delivery.send(windowWith(value));
  assert.deepEqual(sender.started, [1]);
  await sender.end(DELIVERED);
  assert.deepEqual(sender.started, [1, 2]);
  await sender.end(DELIVERED);
  await sender.end(DELIVERED);
  assert.deepEqual(sender.started, [1, 2, 3]);
  assert.deepEqual(delivery.counts, { delivered: 3, failed: 0, rejectedPoints: 0 });
});

test('beyond the windows that may wait, the oldest of them is lost and counted, and the rest keep their order', async () => {
  const { sender, log, delivery } = setUp({ queueLimit: 2 });
  for (const value of [1, 2, 3, 4, 5]) delivery.send(windowWith(value));
  assert.deepEqual(delivery.counts, { delivered: 0, failed: 2, rejectedPoints: 0 });
  for (let i = 0; i < 3; i++) await sender.end(DELIVERED);
  assert.deepEqual(sender.started, [1, 4, 5]);
  assert.deepEqual(delivery.counts, { delivered: 3, failed: 2, rejectedPoints: 0 });
  assert.deepEqual(log.said, [
    'warn: a window of metrics was not delivered (2 windows were waiting already, so the oldest was dropped)',
    'info: recovered after 2 failed windows',
  ]);
});

test('each reason for a lost window is said once until windows get through again', async () => {
  const { sender, log, delivery } = setUp();
  const outcomes = [refused('down'), refused('down'), refused('full'), DELIVERED, DELIVERED, refused('down')];
  for (const outcome of outcomes) {
    delivery.send(windowWith(0));
    await sender.end(outcome);
  }
  assert.deepEqual(log.said, [
    'warn: a window of metrics was not delivered (down)',
    'warn: a window of metrics was not delivered (full)',
    'info: recovered after 3 failed windows',
    'warn: a window of metrics was not delivered (down)',
  ]);
  assert.equal(log.lines[0]!.fields.target, 'http://collector.test/');
});

test('refused points are added up, and each remark of the collector is said once', async () => {
  const { sender, log, delivery } = setUp();
  const partly: SendOutcome = { kind: 'delivered', rejectedPoints: 3, remark: 'too old' };
  for (const outcome of [partly, partly]) {
    delivery.send(windowWith(0));
    await sender.end(outcome);
  }
  assert.deepEqual(delivery.counts, { delivered: 2, failed: 0, rejectedPoints: 6 });
  assert.deepEqual(log.said, ['warn: the collector refused points of a window (too old)']);
});

test('a window that does not end by itself is cut off at its deadline, and the next is sent', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sender, log, delivery } = setUp({ timeoutSeconds: 10 });
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  t.mock.timers.tick(9_999);
  await new Promise(setImmediate);
  assert.deepEqual(sender.started, [1]);
  t.mock.timers.tick(1);
  await new Promise(setImmediate);
  assert.deepEqual(sender.started, [1, 2]);
  assert.deepEqual(log.said, ['warn: a window of metrics was not delivered (it was not done within 10 s)']);
  await sender.end(DELIVERED);
});

test('shutdown sends what waits, then closes the sender; what comes later has failed', async () => {
  const { sender, delivery } = setUp();
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  const shutDown = delivery.shutdown(60);
  await sender.end(DELIVERED);
  await sender.end(DELIVERED);
  await shutDown;
  assert.equal(sender.closed, 1);
  delivery.send(windowWith(3));
  assert.deepEqual(delivery.counts, { delivered: 2, failed: 1, rejectedPoints: 0 });
  assert.deepEqual(sender.started, [1, 2]);
});

test('shutdown ends at its deadline though the sender is stuck, and counts what was left', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sender, delivery } = setUp();
  for (const value of [1, 2, 3]) delivery.send(windowWith(value));
  const shutDown = delivery.shutdown(2);
  t.mock.timers.tick(2_000);
  await shutDown;
  assert.deepEqual(sender.started, [1]);
  assert.deepEqual(delivery.counts, { delivered: 0, failed: 3, rejectedPoints: 0 });
});

test('a sender that throws has failed with what it threw, and does not stop the queue', async () => {
  const log = new RecordedLog();
  let sent = 0;
  const sender: Sender = {
    target: 'x',
    close() {},
    async send() {
      sent++;
      if (sent === 1) throw new Error('cannot \x1b serialize');
      return DELIVERED;
    },
  };
  const delivery = new QueuedDelivery({ sender, log, timeoutSeconds: 1 });
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  await delivery.shutdown(1);
  assert.deepEqual(delivery.counts, { delivered: 1, failed: 1, rejectedPoints: 0 });
  assert.equal(log.said[0], 'warn: a window of metrics was not delivered (cannot \\x1b serialize)');
});
