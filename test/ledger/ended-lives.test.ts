import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { NO_EVENTS } from '../../src/target/slice-events.ts';
import { SimulatedUnit } from './simulated-unit.ts';

const MANAGER = 1;

/** Samples of a unit whose cgroup is there or not, and of which lives have ended. */
function unitOf() {
  const unit = new SimulatedUnit(12);
  unit.fork(null);
  const ledger = new Ledger();
  let reapedNanos = 9e9;
  const book = (cpuSeconds: number, sharedCpuSeconds: number, more: Partial<Sample> = {}) => {
    const sample: Sample = {
      ...unit.sample(() => {}),
      ended: [
        { cpuSeconds, sharedCpuSeconds, unseenLives: 0, memoryEvents: NO_EVENTS, managerPids: [MANAGER] },
      ],
      outsideParents: [{ serial: 1, unit: 0, pid: MANAGER, isSelf: false, reapedNanos }],
      ...more,
    };
    ledger.book(sample);
    return ledger.units[0]!;
  };
  return { unit, book, reap: (nanos: number) => (reapedNanos += nanos) };
}

test('what ended lives used is in the total of the unit, and unattributed', () => {
  const { book } = unitOf();
  assert.equal(book(0, 0).totalSeconds, 0);
  const account = book(2, 0.5);
  assert.equal(account.totalSeconds, 2);
  assert.equal(account.totalCpuSeconds, 2);
  assert.equal(account.unattributedSeconds, 2);
  assert.equal(book(2, 0.5).totalCpuSeconds, 0);
  assert.equal(book(2.5, 0.5).totalSeconds, 2.5);
});

test('what may be the unit’s or a sibling’s is in no total of the unit', () => {
  const { book } = unitOf();
  book(0, 0);
  const account = book(0, 3);
  assert.equal(account.totalSeconds, 0);
  assert.equal(account.sharedSeconds, 0);
});

test('it was reaped outside of the unit as far as its manager has waited for so much', () => {
  const { book, reap } = unitOf();
  book(0, 0);
  reap(1.5e9);
  const account = book(2, 0);
  assert.equal(account.reapedOutsideSeconds, 1.5);
  // What was waited for just after the manager was read comes with the next tick.
  reap(0.25e9);
  assert.equal(book(2, 0).reapedOutsideSeconds, 1.75);
});

test('lives of a unit that is absent count, too', () => {
  const { book } = unitOf();
  book(0, 0);
  const account = book(1, 0, { instances: [] });
  assert.equal(account.present, false);
  assert.equal(account.totalSeconds, 1);
});

test('lives that nobody saw are instances, too, and a unit that had none but those was there', () => {
  const { book } = unitOf();
  const lives = (unseenLives: number) => {
    const ended = [
      { cpuSeconds: 1, sharedCpuSeconds: 0, unseenLives, memoryEvents: NO_EVENTS, managerPids: [] },
    ];
    return book(0, 0, { instances: [], ended });
  };
  const account = lives(2);
  assert.equal(account.instances, 2);
  assert.ok(account.sinceUnixMillis !== null);
  assert.equal(lives(1).instances, 2);
  assert.equal(lives(3).instances, 3);
});
