import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { SimulatedUnit } from './simulated-unit.ts';

const MANAGER = 1;

/** Samples of a unit whose cgroup is there or not, and of which lives have ended. */
function unitOf() {
  const unit = new SimulatedUnit(12);
  unit.fork(null);
  const ledger = new Ledger();
  let reapedNanos = 9e9;
  const book = (cpuSeconds: number, more: Partial<Sample> = {}) => {
    const sample: Sample = {
      ...unit.sample(() => {}),
      ended: [{ cpuSeconds, unseenInstances: 0, figures: null, managerPids: [MANAGER] }],
      outsideParents: [{ serial: 1, unit: 0, pid: MANAGER, isSelf: false, reapedNanos }],
      ...more,
    };
    ledger.book(sample);
    return ledger.units[0]!;
  };
  return { unit, ledger, book, reap: (nanos: number) => (reapedNanos += nanos) };
}

test('usage of ended instances is in the total of the unit, and unattributed', () => {
  const { book } = unitOf();
  assert.equal(book(0).totalSeconds, 0);
  const account = book(2);
  assert.equal(account.totalSeconds, 2);
  assert.equal(account.totalCpuSeconds, 2);
  assert.equal(account.unattributedSeconds, 2);
  assert.equal(book(2).totalCpuSeconds, 0);
  assert.equal(book(2.5).totalSeconds, 2.5);
});

test('shared usage of removed cgroups of a slice is a row of its own, all of it shared', () => {
  const { unit, ledger, book } = unitOf();
  const units = [...unit.sample(() => {}).units, '(shared in system.slice)'];
  const origins = [
    { serial: 1, kind: 'named', pattern: null },
    { serial: 2, kind: 'shared', pattern: null },
  ] as const;
  const ended = (cpuSeconds: number) => ({ cpuSeconds, unseenInstances: 0, figures: null, managerPids: [] });
  book(0, { units, origins, ended: [ended(0), ended(0)] });
  book(0, { units, origins, ended: [ended(1), ended(3)] });
  const [one, shared] = ledger.units;
  assert.deepEqual([one!.totalSeconds, one!.sharedSeconds, one!.unattributedSeconds], [1, 0, 1]);
  assert.deepEqual([shared!.totalSeconds, shared!.sharedSeconds, shared!.unattributedSeconds], [3, 3, 0]);
  assert.deepEqual([shared!.coverage, shared!.instances, shared!.present], [null, 0, false]);
});

test('it was reaped outside of the unit up to the amount that its manager has waited for', () => {
  const { book, reap } = unitOf();
  book(0);
  reap(1.5e9);
  const account = book(2);
  assert.equal(account.reapedOutsideSeconds, 1.5);
  // What was waited for just after the manager was read comes with the next tick.
  reap(0.25e9);
  assert.equal(book(2).reapedOutsideSeconds, 1.75);
});

test('instances of an absent unit count, too', () => {
  const { book } = unitOf();
  book(0);
  const account = book(1, { instances: [] });
  assert.equal(account.present, false);
  assert.equal(account.totalSeconds, 1);
});

test('instances that no sample contains count, too, and a unit with only those was present', () => {
  const { book } = unitOf();
  const lives = (unseenInstances: number) => {
    const ended = [{ cpuSeconds: 1, unseenInstances, figures: null, managerPids: [] }];
    return book(0, { instances: [], ended });
  };
  const account = lives(2);
  assert.equal(account.instances, 2);
  assert.ok(account.sinceUnixMillis !== null);
  assert.equal(lives(1).instances, 2);
  assert.equal(lives(3).instances, 3);
});
