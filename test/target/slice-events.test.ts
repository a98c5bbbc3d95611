import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FigureReader } from '../../src/host/cgroup/figure-reader.ts';
import type { EndedChild, PresentChild } from '../../src/target/slice-children.ts';
import { EndedEvents, NO_EVENTS, SliceEvents } from '../../src/target/slice-events.ts';

const UNIT = 'unit.service';

/** A slice as files: what its cgroups count, and what it counts of those that are gone. */
class SavedSlice {
  readonly events: EndedEvents;
  readonly #root: string;
  readonly #cgroups = new Map<string, { inode: number; kills: number; isNew: boolean }>();
  #ended: EndedChild[] = [];
  #gone = 0;
  #nextInode = 1;

  constructor(t: TestContext) {
    this.#root = mkdtempSync(join(tmpdir(), 'unitledger-slice-'));
    t.after(() => rmSync(this.#root, { recursive: true }));
    this.events = new EndedEvents(new SliceEvents(this.#root, new FigureReader('/nowhere')));
    this.events.follow(UNIT);
  }

  start(name: string, kills = 0): number {
    const inode = this.#nextInode++;
    this.#cgroups.set(name, { inode, kills, isNew: true });
    return inode;
  }

  kill(name: string): void {
    this.#cgroups.get(name)!.kills++;
  }

  end(name: string): void {
    const { inode, kills, isNew } = this.#cgroups.get(name)!;
    this.#gone += kills;
    if (!isNew) this.#ended.push({ name, inode, seconds: 0 });
    this.#cgroups.delete(name);
  }

  /** A reading of it all; returns how many of the unit's are known to have been killed in lives that ended. */
  settle(owner?: string): number {
    const text = (kills: number) => `low 0\nhigh 0\nmax 0\noom 0\noom_kill ${kills}\n`;
    rmSync(this.#root, { recursive: true });
    mkdirSync(this.#root);
    let all = this.#gone;
    const present = new Map<string, PresentChild>();
    for (const [name, cgroup] of this.#cgroups) {
      mkdirSync(join(this.#root, name));
      writeFileSync(join(this.#root, name, 'memory.events'), text(cgroup.kills));
      all += cgroup.kills;
      present.set(name, { ...cgroup });
      cgroup.isNew = false;
    }
    writeFileSync(join(this.#root, 'memory.events'), text(all));
    this.events.settle({ seconds: 0, ended: this.#ended, present }, owner);
    this.#ended = [];
    return this.events.of(UNIT).memoryOomKills!;
  }
}

const killed = (memoryOomKills: number) => ({ ...NO_EVENTS, memoryOomKills });

test('who was killed in the cgroup that ended is known by the slice, less what was read before', (t) => {
  const slice = new SavedSlice(t);
  const inode = slice.start(UNIT, 5);
  slice.start('a.service', 3);
  slice.events.noteLife(UNIT, inode, killed(5));
  assert.equal(slice.settle(), 0);
  slice.kill(UNIT);
  slice.events.noteLife(UNIT, inode, killed(6));
  slice.kill(UNIT);
  slice.end(UNIT);
  slice.start(UNIT);
  assert.equal(slice.settle(UNIT), 1);
  assert.equal(slice.settle(), 1);
});

test('lives that nobody met count whole, and what siblings counted meanwhile does not', (t) => {
  const slice = new SavedSlice(t);
  slice.start('a.service');
  slice.settle();
  slice.kill('a.service');
  slice.start(UNIT);
  slice.kill(UNIT);
  slice.end(UNIT);
  slice.start('b.service');
  slice.kill('b.service');
  assert.equal(slice.settle(UNIT), 1);
  slice.kill('b.service');
  slice.start(UNIT);
  slice.kill(UNIT);
  slice.end(UNIT);
  assert.equal(slice.settle(UNIT), 2);
});

test('what may be a sibling’s is nobody’s', (t) => {
  const slice = new SavedSlice(t);
  slice.start(UNIT);
  slice.start('a.service', 4);
  slice.settle();
  slice.kill(UNIT);
  slice.end(UNIT);
  slice.end('a.service');
  assert.equal(slice.settle(undefined), 0);
  slice.start(UNIT);
  slice.settle();
  slice.kill(UNIT);
  slice.end(UNIT);
  assert.equal(slice.settle(UNIT), 1);
});

test('of a life whose figures could not be read nothing is said', (t) => {
  const slice = new SavedSlice(t);
  const inode = slice.start(UNIT);
  slice.events.noteLife(UNIT, inode, null);
  slice.settle();
  slice.kill(UNIT);
  slice.end(UNIT);
  assert.equal(slice.settle(UNIT), 0);
});

test('a slice without a memory controller tells nothing', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'unitledger-slice-'));
  t.after(() => rmSync(root, { recursive: true }));
  const events = new EndedEvents(new SliceEvents(root, new FigureReader('/nowhere')));
  events.follow(UNIT);
  events.settle({ seconds: 0, ended: [], present: new Map([[UNIT, { inode: 1, isNew: true }]]) }, UNIT);
  events.settle({ seconds: 0, ended: [{ name: UNIT, inode: 1, seconds: 0 }], present: new Map() }, UNIT);
  assert.deepEqual(events.of(UNIT), NO_EVENTS);
});
