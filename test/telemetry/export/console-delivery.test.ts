import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsoleDelivery } from '../../../src/telemetry/export/console-delivery.ts';
import { NOTHING_DELIVERED } from '../../../src/telemetry/export/delivery.ts';
import { FanOut } from '../../../src/telemetry/export/open-delivery.ts';
import { windowWith } from './windows-on-the-wire.ts';

test('a window is one line of JSON with the name, unit, times, attributes and value of each point', async () => {
  const lines: string[] = [];
  const delivery = new ConsoleDelivery((line) => lines.push(line));
  delivery.send(windowWith(7));
  delivery.send(windowWith(8));
  await delivery.shutdown();
  assert.equal(lines.length, 2);
  assert.ok(!lines[0]!.includes('\n'));
  assert.deepEqual(JSON.parse(lines[0]!), {
    resource: { 'service.name': 'unitledger' },
    metrics: [
      {
        name: 'test.value',
        unit: '1',
        points: [
          { attributes: {}, start: '1970-01-01T00:00:01.000Z', end: '1970-01-01T00:00:02.000Z', value: 7 },
        ],
      },
    ],
  });
  assert.deepEqual(delivery.counts, {
    ...NOTHING_DELIVERED,
    delivered: 2,
    state: 'delivered',
    stateText: 'delivered',
  });
});

test('windows for a reader that does not keep up are counted as dropped', () => {
  let isBehind = true;
  const delivery = new ConsoleDelivery(() => !isBehind);
  delivery.send(windowWith(1));
  const { delivered, failed, droppedBy, state, stateText } = delivery.counts;
  assert.deepEqual([delivered, failed, droppedBy.memory], [0, 1, 1]);
  assert.deepEqual([state, stateText], ['failing', 'failing: standard error is not read']);
  isBehind = false;
  delivery.send(windowWith(2));
  assert.deepEqual(
    [delivery.counts.delivered, delivery.counts.failed, delivery.counts.state],
    [1, 1, 'delivered'],
  );
});

test('names of processes cannot move the cursor, and are reversible', () => {
  const lines: string[] = [];
  const hostile = '\x1b[2J\u009b31m\u202e\n';
  const window = windowWith(1);
  const named = {
    ...window.scopeMetrics[0]!.metrics[0]!,
    descriptor: { ...window.scopeMetrics[0]!.metrics[0]!.descriptor, name: hostile },
  };
  new ConsoleDelivery((line) => lines.push(line)).send({
    ...window,
    scopeMetrics: [{ scope: { name: 'x' }, metrics: [named as never] }],
  });
  assert.match(lines[0]!, /^[\x20-\x7e]*$/);
  assert.equal(JSON.parse(lines[0]!).metrics[0].name, hostile);
});

test('of several deliveries each gets every window, and the first one is counted', async () => {
  const lines: string[] = [];
  const first = new ConsoleDelivery((line) => lines.push(`1 ${line}`));
  const second = new ConsoleDelivery((line) => lines.push(`2 ${line}`));
  second.send(windowWith(0));
  const both = new FanOut([first, second]);
  both.send(windowWith(1));
  await both.shutdown(1);
  assert.deepEqual(
    lines.map((line) => line[0]),
    ['2', '1', '2'],
  );
  assert.equal(both.counts.delivered, 1);
});
