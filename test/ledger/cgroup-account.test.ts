import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { figuresOfEvents } from '../../src/discovery/cgroups/removed-figures.ts';
import { NO_EVENTS } from '../../src/discovery/events/slice-events.ts';
import type { CgroupFigures } from '../../src/host/cgroup/figures.ts';
import { CgroupAccount } from '../../src/ledger/accounts/cgroup-account.ts';
import type { InstanceReading } from '../../src/sampling/sample.ts';
import { cgroupFigures, disk } from './cgroup-figures.ts';

function instance(serial: number, figures: CgroupFigures | null, bornWatched = false): InstanceReading {
  return { serial, unit: 0, cgroup: '/u.service', bornWatched, startCpuSeconds: 0, cpuSeconds: 0, figures };
}

const kills = (memoryOomKills: number) => cgroupFigures({ counters: { memoryOomKills } });

test('unknown values are absent', () => {
  const account = new CgroupAccount();
  const figures = () => account.figures;
  assert.equal(figures(), null);
  account.take([instance(1, null)]);
  assert.equal(figures(), null);
  account.take([instance(1, kills(0))]);
  assert.equal(figures()?.counters.memoryOomKills, 0);
  assert.equal(figures()?.counters.throttledSeconds, null);
  assert.equal(figures()?.disks, null);
});

test('counters continue over a restart; counts from before the run are in none', () => {
  const account = new CgroupAccount();
  const total = () => account.figures?.counters.memoryOomKills;
  account.take([instance(1, kills(5))]);
  assert.equal(total(), 0);
  account.take([instance(1, null)]);
  account.take([instance(1, kills(7))]);
  assert.equal(total(), 2);
  account.take([]);
  assert.equal(total(), 2);
  account.take([instance(2, kills(1), true)]);
  assert.equal(total(), 3);
  account.take([instance(2, kills(4), true)]);
  assert.equal(total(), 6);
});

test('OOM kills in an ended instance count, even if no other value of it was ever read', () => {
  const account = new CgroupAccount();
  const ended = (memoryOomKills: number | null) =>
    account.takeEnded(figuresOfEvents({ ...NO_EVENTS, memoryOomKills }));
  const figures = () => account.figures;
  ended(0);
  assert.equal(figures(), null);
  ended(2);
  assert.equal(figures()?.counters.memoryOomKills, 2);
  assert.equal(figures()?.counters.memoryMaxEvents, null);
  account.take([instance(1, kills(1), true)]);
  ended(2);
  ended(3);
  assert.equal(figures()?.counters.memoryOomKills, 4);
});

test('levels are added over instances, the highest non-additive gauge counts, and neither outlives its tick', () => {
  const account = new CgroupAccount();
  const figures = (bytes: number) =>
    cgroupFigures({ levels: { memoryBytes: bytes }, heights: { memoryPeakBytes: 2 * bytes } });
  account.take([instance(1, figures(10)), instance(2, figures(30))]);
  assert.equal(account.figures?.levels.memoryBytes, 40);
  assert.equal(account.figures?.heights.memoryPeakBytes, 60);
  account.take([instance(1, null), instance(2, null)]);
  assert.equal(account.figures?.levels.memoryBytes, null);
  assert.equal(account.figures?.heights.memoryPeakBytes, null);
  assert.equal(account.peakMemoryBytes, 60);
  assert.ok(account.knowsMemory);
});

test('I/O is counted by device, and completely for a device that is used for the first time', () => {
  const account = new CgroupAccount();
  account.take([instance(1, cgroupFigures({ disks: [disk('8:0', 100)] }))]);
  account.take([instance(1, cgroupFigures({ disks: [disk('8:0', 150), disk('8:16', 7)] }))]);
  account.take([instance(2, cgroupFigures({ disks: [disk('8:16', 3)] }), true)]);
  assert.deepEqual(account.figures?.disks, [
    { device: '8:0', name: 'disk 8:0', readBytes: 0, writeBytes: 50, readOperations: 0, writeOperations: 0 },
    {
      device: '8:16',
      name: 'disk 8:16',
      readBytes: 2,
      writeBytes: 10,
      readOperations: 0,
      writeOperations: 4,
    },
  ]);
});

test('ever new devices share one entry beyond the sixteenth', () => {
  const account = new CgroupAccount();
  const disks = Array.from({ length: 40 }, (_, minor) => disk(`259:${minor}`, 1));
  account.take([instance(1, cgroupFigures({ disks }), true)]);
  account.take([
    instance(1, cgroupFigures({ disks: disks.map((each) => ({ ...each, writeBytes: 2 })) }), true),
  ]);
  const known = account.figures?.disks ?? [];
  assert.equal(known.length, 17);
  assert.equal(
    known.reduce((sum, { writeBytes }) => sum + writeBytes, 0),
    80,
  );
  assert.deepEqual(known.find(({ device }) => device === 'other')?.writeBytes, 48);
});

test('over any instances, a counter never decreases and is the sum of the counts read of each during the run', () => {
  const life = fc.record({
    before: fc.nat(100),
    growths: fc.array(fc.option(fc.nat(10)), { minLength: 1, maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(life, { minLength: 1, maxLength: 5 }), (lives) => {
      const account = new CgroupAccount();
      let expected = 0;
      for (const [index, { before, growths }] of lives.entries()) {
        // The first was there before the watch began.
        let value = index === 0 ? before : 0;
        let lastRead: number | null = index === 0 ? null : 0;
        for (const growth of growths) {
          value += growth ?? 3;
          const earlier = account.figures?.counters.memoryOomKills ?? 0;
          account.take([instance(index, growth === null ? null : kills(value), index > 0)]);
          if (growth !== null) {
            expected += lastRead === null ? 0 : value - lastRead;
            lastRead = value;
          }
          assert.ok((account.figures?.counters.memoryOomKills ?? 0) >= earlier);
        }
      }
      assert.equal(account.figures?.counters.memoryOomKills ?? 0, expected);
    }),
  );
});
