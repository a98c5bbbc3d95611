import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EntryLog } from '../../../src/discovery/events/entry-log.ts';

const UNIT = 'a.service';

test('each event is compared with the current state: creation, changes of attributes, restart, removal', () => {
  const log = new EntryLog();
  assert.equal(log.noteEvent(UNIT, 7, null, 1), 'created');
  assert.equal(log.noteEvent(UNIT, 7, null, 1), 'none');
  assert.equal(log.noteEvent(UNIT, 7, 7, 2), 'none');
  assert.equal(log.noteEvent(UNIT, 8, 7, 3), 'removed');
  assert.equal(log.noteEvent(UNIT, 8, 8, 3), 'none');
  assert.equal(log.noteEvent(UNIT, null, 8, 4), 'removed');
  assert.equal(log.noteEvent(UNIT, null, null, 4), 'none');
});

test('a cgroup that came and went before its events were delivered is missed once, however many events there are', () => {
  const log = new EntryLog();
  for (const turn of [1, 9]) {
    assert.equal(log.noteEvent(UNIT, null, null, turn), 'missed');
    assert.equal(log.noteEvent(UNIT, null, null, turn), 'none');
    // The last one may be delivered a turn later.
    assert.equal(log.noteEvent(UNIT, null, null, turn + 1), 'none');
  }
});

test('the event of a removal that was found by listing is ignored, that of the next one is not', () => {
  const log = new EntryLog();
  log.noteFoundGone(UNIT);
  assert.equal(log.noteEvent(UNIT, null, null, 3), 'none');
  assert.equal(log.noteEvent(UNIT, null, null, 7), 'missed');
  log.noteFoundGone(UNIT);
  assert.equal(log.noteEvent(UNIT, 9, null, 8), 'created');
  assert.equal(log.noteEvent(UNIT, null, null, 9), 'removed');
});

test('a cgroup that was opened after a listing is not new when its event comes', () => {
  assert.equal(new EntryLog().noteEvent(UNIT, 7, 7, 1), 'none');
});

test('names of removed cgroups are forgotten', () => {
  const log = new EntryLog();
  for (let turn = 0; turn < 1000; turn += 2)
    assert.equal(log.noteEvent(`${turn}.service`, null, null, turn), 'missed');
});
