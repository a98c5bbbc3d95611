import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EntryLog } from '../../src/target/entry-log.ts';

const UNIT = 'a.service';

test('a cgroup that came and went before anyone looked was missed, one that was opened was not', () => {
  const log = new EntryLog([]);
  assert.equal(log.noteEvent(UNIT, null, null), 'created');
  assert.equal(log.settle(UNIT, false), false);
  assert.equal(log.noteEvent(UNIT, null, null), 'removed');
  assert.equal(log.settle(UNIT, false), true);
  assert.equal(log.noteEvent(UNIT, 7, null), 'created');
  log.noteOpened(UNIT);
  assert.equal(log.settle(UNIT, true), false);
  assert.equal(log.noteEvent(UNIT, null, 7), 'removed');
  assert.equal(log.settle(UNIT, false), false);
});

test('what was opened by looking is the cgroup of the event that comes later', () => {
  const log = new EntryLog([]);
  log.noteOpened(UNIT);
  assert.equal(log.noteEvent(UNIT, 7, 7), 'created');
  assert.equal(log.settle(UNIT, true), false);
  assert.equal(log.noteEvent(UNIT, null, 7), 'removed');
  assert.equal(log.settle(UNIT, false), false);
});

test('an instance that was opened for a cgroup that had gone leaves one missed', () => {
  const log = new EntryLog([]);
  // Created, removed and created again before the first event is handled: the second one is opened.
  assert.equal(log.noteEvent(UNIT, 8, null), 'created');
  log.noteOpened(UNIT);
  assert.equal(log.settle(UNIT, true), false);
  assert.equal(log.noteEvent(UNIT, 8, 8), 'removed');
  assert.equal(log.settle(UNIT, true), false);
  assert.equal(log.noteEvent(UNIT, 8, 8), 'created');
  assert.equal(log.settle(UNIT, true), true);
});

test('the late event of a cgroup that was listed as watching began says nothing', () => {
  const log = new EntryLog([UNIT]);
  assert.equal(log.noteEvent(UNIT, 7, 7), 'none');
  assert.equal(log.noteEvent(UNIT, null, 7), 'removed');
  assert.equal(log.settle(UNIT, false), true);
});

test('lost events are made up for at the second check', () => {
  const log = new EntryLog([UNIT]);
  log.check(new Set());
  log.check(new Set());
  assert.equal(log.noteEvent(UNIT, 9, null), 'created');
  // An event between two checks shows that the events only lag behind.
  log.check(new Set());
  assert.equal(log.noteEvent(UNIT, null, 9), 'removed');
});
