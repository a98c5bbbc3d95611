import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EndedChild, PresentChild } from '../../../src/discovery/events/directory-children.ts';
import { NO_EVENTS, RemovedEvents, SliceEvents } from '../../../src/discovery/events/slice-events.ts';
import { FigureReader } from '../../../src/host/cgroup/figure-reader.ts';
import type { MemoryEvents } from '../../../src/host/cgroup/memory-events.ts';

const UNIT = 'unit.service';

/** A slice as files: what its cgroups count, and what it counts of those that are gone. */
class SavedSlice {
  readonly events: RemovedEvents;
  readonly #root: string;
  readonly #cgroups = new Map<string, { inode: number; kills: number; isNew: boolean }>();
  #ended: EndedChild[] = [];
  #gone = 0;
  #nextInode = 1;

  constructor(t: TestContext) {
    this.#root = mkdtempSync(join(tmpdir(), 'unitledger-slice-'));
    t.after(() => rmSync(this.#root, { recursive: true }));
    this.events = new RemovedEvents(new SliceEvents(this.#root, new FigureReader('/nowhere')));
  }

  start(name: string, kills = 0): number {
    const inode = this.#nextInode++;
    this.#cgroups.set(name, { inode, kills, isNew: true });
    return inode;
  }

  kill(name: string): void {
    this.#cgroups.get(name)!.kills++;
  }

  /** `read`: what an instance of it had read; undefined for what was none. */
  end(name: string, read?: MemoryEvents | null): void {
    if (read !== undefined) this.events.noteRemoved(read);
    const { inode, kills, isNew } = this.#cgroups.get(name)!;
    this.#gone += kills;
    if (!isNew) this.#ended.push({ name, inode, seconds: 0, isFinal: true, isFromStart: false });
    this.#cgroups.delete(name);
  }

  /** A reading of it all; returns how many were killed in removed cgroups beyond what was read of them. */
  settle(): number {
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
    const ended = this.#ended;
    this.#ended = [];
    return this.events.settle({ seconds: 0, ended, present }).memoryOomKills!;
  }
}

const killed = (memoryOomKills: number) => ({ ...NO_EVENTS, memoryOomKills });

test('OOM kills in a removed cgroup are known from the slice, less earlier readings', (t) => {
  const slice = new SavedSlice(t);
  slice.start(UNIT, 5);
  slice.start('a.service', 3);
  assert.equal(slice.settle(), 0);
  slice.kill(UNIT);
  slice.kill(UNIT);
  slice.end(UNIT, killed(6));
  slice.start(UNIT);
  assert.equal(slice.settle(), 1);
  assert.equal(slice.settle(), 0);
});

test('counts of a final reading are not counted again', (t) => {
  const slice = new SavedSlice(t);
  slice.start(UNIT);
  slice.settle();
  slice.kill(UNIT);
  slice.end(UNIT, killed(1));
  assert.equal(slice.settle(), 0);
});

test('cgroups that were never opened count completely, and events of siblings in that time do not', (t) => {
  const slice = new SavedSlice(t);
  slice.start('a.service');
  slice.settle();
  slice.kill('a.service');
  slice.start(UNIT);
  slice.kill(UNIT);
  slice.end(UNIT);
  slice.start('b.service');
  slice.kill('b.service');
  assert.equal(slice.settle(), 1);
});

test('nothing is known of an instance whose metrics could not be read', (t) => {
  const slice = new SavedSlice(t);
  slice.start(UNIT);
  slice.settle();
  slice.kill(UNIT);
  slice.end(UNIT, null);
  assert.equal(slice.settle(), 0);
});

test('a slice without a memory controller has no counts', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'unitledger-slice-'));
  t.after(() => rmSync(root, { recursive: true }));
  const events = new RemovedEvents(new SliceEvents(root, new FigureReader('/nowhere')));
  const end = { name: UNIT, inode: 1, seconds: 0, isFinal: false, isFromStart: false };
  events.settle({ seconds: 0, ended: [], present: new Map([[UNIT, { inode: 1, isNew: true }]]) });
  assert.deepEqual(events.settle({ seconds: 0, ended: [end], present: new Map() }), NO_EVENTS);
});
