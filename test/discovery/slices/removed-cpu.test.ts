import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RemovedCpu } from '../../../src/discovery/slices/removed-cpu.ts';
import { eitherOf, OTHER, type Owner, SHARED } from '../../../src/discovery/targets/owner.ts';

const RUNS = Number(process.env.HISTORIES ?? 1000);
/** Rounding of sums of seconds. */
const EXACT = 1e-6;
const A: Owner = { kind: 'unit', name: 'a.service', pattern: null };
const B: Owner = { kind: 'unit', name: 'b.service', pattern: null };
const P1: Owner = { kind: 'unit', name: 'p1.service', pattern: 'p*' };
const P2: Owner = { kind: 'unit', name: 'p2.service', pattern: 'p*' };

/** A cgroup that used so much, and how much of it was read. */
interface Used {
  readonly owner: Owner;
  readonly seconds: number;
  readonly read: number;
}

/** A directory of cgroups, and what is booked of those that were removed. */
class Directory {
  readonly booked = new Map<string, number>();
  readonly removed = new RemovedCpu((owner, seconds) => {
    assert.ok(seconds > 0);
    if (owner.kind === 'other') return;
    this.booked.set(keyOf(owner), (this.booked.get(keyOf(owner)) ?? 0) + seconds);
  });
  /** Of the directory, and of the cgroups that are there. */
  used = 0;
  present = 0;

  constructor(isNew: boolean) {
    this.removed.begin(this.reading(), isNew);
  }

  /** `slack`: what is used while the counters are read. */
  reading(slack = 0) {
    const beforeSeconds = this.used;
    this.used += slack;
    this.present += slack;
    return { beforeSeconds, afterSeconds: this.used, presentSeconds: this.present };
  }

  /** A cgroup that used so much was removed; so much of it was read. */
  remove(owner: Owner, seconds: number, read: number): void {
    this.used += seconds;
    this.removed.noteRemoved(owner, read, read === seconds);
  }

  /** `later`: cgroups that are removed after the reading, while it waits for its events. */
  settle(unseen: Owner = OTHER, slack = 0, later: readonly Used[] = []): void {
    for (const { read } of later) {
      this.used += read;
      this.present += read;
    }
    const rest = this.removed.take(this.reading(slack));
    for (const { owner, seconds, read } of later) {
      this.present -= read;
      this.used += seconds - read;
      this.removed.noteRemoved(owner, read, read === seconds, true);
    }
    this.removed.settle(rest, unseen);
  }
}

function keyOf(owner: Owner): string {
  if (owner.kind === 'unit') return owner.name;
  return owner.kind === 'pattern' ? owner.pattern : owner.kind;
}

function assertBooked(directory: Directory, wanted: Readonly<Record<string, number>>): void {
  const rounded = [...directory.booked].map(([key, seconds]) => [key, Math.round(seconds * 1e6) / 1e6]);
  assert.deepEqual(Object.fromEntries(rounded), wanted);
}

test('one missed reading among twenty final ones is exact', () => {
  const directory = new Directory(false);
  for (let i = 0; i < 20; i++) directory.remove(i % 2 === 0 ? A : B, 0.03, 0.03);
  directory.remove(B, 0.04, 0.01);
  directory.settle();
  assertBooked(directory, { 'b.service': 0.03 });
});

test('CPU that may belong to two units is shared; CPU of two units of a pattern is the pattern’s', () => {
  const named = new Directory(false);
  named.remove(A, 0.02, 0);
  named.remove(B, 0.03, 0);
  named.settle();
  assertBooked(named, { shared: 0.05 });
  const matched = new Directory(false);
  matched.remove(P1, 0.02, 0);
  matched.remove(P2, 0.03, 0.01);
  matched.settle();
  assertBooked(matched, { 'p*': 0.04 });
});

test('CPU read before the removal of another cgroup was reported may belong to either, later CPU is its own', () => {
  const directory = new Directory(false);
  directory.remove(A, 0.02, 0);
  directory.used += 0.03;
  const taken = directory.removed.take(directory.reading());
  // B was gone by then; its event came after that of A.
  directory.removed.noteRemoved(B, 0, false);
  directory.used += 0.01;
  directory.removed.settle(taken, OTHER);
  assertBooked(directory, { shared: 0.05 });
  directory.settle();
  assertBooked(directory, { shared: 0.05, 'b.service': 0.01 });
});

test('a unit that a reading still found owns no part of the rest of that reading', () => {
  const directory = new Directory(false);
  directory.remove(B, 0.03, 0);
  directory.settle(OTHER, 0, [{ owner: A, seconds: 0.025, read: 0.02 }]);
  assert.ok(directory.removed.hasMissed);
  directory.settle();
  assertBooked(directory, { 'a.service': 0.005, 'b.service': 0.03 });
});

test('CPU of no target is not booked, unless a target may have used it', () => {
  const directory = new Directory(false);
  directory.remove(OTHER, 0.02, 0);
  directory.settle();
  assertBooked(directory, {});
  directory.remove(OTHER, 0.02, 0);
  directory.remove(A, 0.02, 0);
  directory.settle();
  assertBooked(directory, { shared: 0.04 });
});

test('a new directory starts at zero, an existing one at its current value', () => {
  for (const isNew of [true, false]) {
    const directory = new Directory(isNew);
    directory.used = 0;
    const old = new RemovedCpu((owner, seconds) => directory.booked.set(keyOf(owner), seconds));
    const reading = { beforeSeconds: 0.5, afterSeconds: 0.5, presentSeconds: 0.1 };
    old.begin(reading, isNew);
    old.settle(old.take(reading), A);
    assertBooked(directory, isNew ? { 'a.service': 0.4 } : {});
  }
});

test('more than the kernel can charge late is not assigned to units whose last reading was final', () => {
  const directory = new Directory(false);
  directory.remove(A, 0.03, 0.03);
  directory.used += 0.5;
  directory.settle(SHARED);
  assertBooked(directory, { shared: 0.5 });
});

test('the end of an exit, charged after the final reading, is the unit’s', () => {
  const directory = new Directory(false);
  directory.removed.noteRemoved(A, 0.03, true);
  directory.used += 0.031;
  directory.settle(SHARED);
  assertBooked(directory, { 'a.service': 0.001 });
});

const OWNERS = [A, B, P1, P2, OTHER] as const;
interface Removal {
  readonly owner: number;
  readonly micros: number;
  /** In percent. */
  readonly read: number;
}
const removal: fc.Arbitrary<Removal> = fc.record({
  owner: fc.nat(OWNERS.length - 1),
  micros: fc.integer({ min: 100, max: 500_000 }),
  read: fc.oneof(fc.constant(100), fc.constant(0), fc.nat(99)),
});
const tick = fc.record({
  removals: fc.array(removal, { maxLength: 6 }),
  later: fc.array(removal, { maxLength: 3 }),
  slackMicros: fc.nat(3000),
});

function usedBy({ owner, micros, read }: Removal): Used {
  const seconds = micros / 1e6;
  return { owner: OWNERS[owner]!, seconds, read: read === 100 ? seconds : (seconds * read) / 100 };
}

for (const isQuiet of [true, false]) {
  const how = isQuiet
    ? 'exactly what was used'
    : 'never more than was used, where cgroups work while they are read';
  test(`over random histories, booked and shared are ${how}`, () => {
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 30 }), (ticks) => {
        const directory = new Directory(true);
        const beyond = new Map<string, number>();
        let ofTargets = 0;
        let all = 0;
        for (const { removals, later, slackMicros } of ticks) {
          const removed = removals.map(usedBy);
          for (const { owner, seconds, read } of removed) directory.remove(owner, seconds, read);
          const removedLater = later.map(usedBy);
          directory.settle(OTHER, isQuiet ? 0 : slackMicros / 1e6, removedLater);
          for (const { owner, seconds, read } of [...removed, ...removedLater]) {
            beyond.set(keyOf(owner), (beyond.get(keyOf(owner)) ?? 0) + seconds - read);
            all += seconds - read;
            if (owner !== OTHER) ofTargets += seconds - read;
          }
        }
        for (let i = 0; i < 3; i++) directory.settle();
        const booked = [...directory.booked.values()].reduce((sum, seconds) => sum + seconds, 0);
        assert.ok(booked <= all + EXACT, `booked ${booked} of ${all}`);
        if (isQuiet) assert.ok(booked >= ofTargets - EXACT, `booked ${booked}, targets used ${ofTargets}`);
        for (const [key, seconds] of directory.booked) {
          if (key !== 'shared' && key !== 'p*') assert.ok(seconds <= beyond.get(key)! + EXACT, key);
        }
      }),
      { numRuns: RUNS },
    );
  });
}

test('owners combine to the most specific owner that includes both', () => {
  assert.equal(eitherOf(null, A), A);
  assert.equal(eitherOf(A, { ...A, kind: 'unit' } as Owner).kind, 'unit');
  assert.equal(eitherOf(OTHER, OTHER), OTHER);
  assert.equal(eitherOf(OTHER, A), SHARED);
  assert.deepEqual(eitherOf(P1, P2), { kind: 'pattern', pattern: 'p*' });
  assert.deepEqual(eitherOf(eitherOf(P1, P2), P1), { kind: 'pattern', pattern: 'p*' });
  assert.equal(eitherOf(P1, A), SHARED);
});
