import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type OpenedTargets, openTargets } from '../../../src/discovery/open-targets.ts';
import { membersOf } from '../saved-tree.ts';

/** A `/proc` of saved files: processes are born, reparented, and end, as a test says. */
class SavedProcesses {
  readonly procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
  #ended = 0;
  #startTicks = 1000;

  constructor(t: TestContext) {
    t.after(() => rmSync(this.procRoot, { recursive: true, force: true }));
    mkdirSync(join(this.procRoot, 'sys'));
  }

  fork(pid: number, ppid: number): void {
    mkdirSync(join(this.procRoot, String(pid)));
    this.#write(pid, ppid, this.#startTicks++, 'S');
  }

  /** The kernel's hand-over of a process whose parent ended. */
  adopt(pid: number, ppid: number, startTicks: number): void {
    this.#write(pid, ppid, startTicks, 'S');
  }

  zombify(pid: number, ppid: number, startTicks: number): void {
    this.#write(pid, ppid, startTicks, 'Z');
  }

  /** Its main thread exits, another lives on. */
  loseLeader(pid: number, ppid: number, startTicks: number): void {
    this.#write(pid, ppid, startTicks, 'Z', 2);
  }

  /** Moved aside and not deleted, so that the next directory has another inode, as in a real `/proc`. */
  end(pid: number): void {
    renameSync(join(this.procRoot, String(pid)), join(this.procRoot, `ended-${this.#ended++}`));
  }

  #write(pid: number, ppid: number, startTicks: number, state: string, threads = 1): void {
    const rest = `${pid} ${pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 ${threads} 0 ${startTicks} 0 0 0 0\n`;
    writeFileSync(join(this.procRoot, `${pid}/stat`), `${pid} (a) b) ${state} ${ppid} ${rest}`);
  }
}

function watch(t: TestContext, { procRoot }: SavedProcesses, ...pids: number[]): OpenedTargets {
  const targets = openTargets({
    targets: pids.map((pid) => ({ kind: 'pid', pid })),
    layout: null,
    procRoot,
    report: () => assert.fail(),
  });
  t.after(() => targets.close());
  return targets;
}

/** Members of each tree after one more refresh. */
function tick(targets: OpenedTargets): (number[] | string)[] {
  targets.refresh();
  return targets.instances.map((instance) => membersOf(instance));
}

test('a tree is a process and all its descendants', (t) => {
  const host = new SavedProcesses(t);
  for (const [pid, ppid] of [
    [1, 0],
    [10, 1],
    [11, 10],
    [12, 11],
    [20, 1],
    [21, 20],
  ] as const) {
    host.fork(pid, ppid);
  }
  const targets = watch(t, host, 10);
  assert.deepEqual(targets.units, ['pid:10']);
  assert.deepEqual(tick(targets), [[10, 11, 12]]);
  assert.equal(targets.instances[0]?.cgroup, null);
  assert.ok(Number.isNaN(targets.instances[0]?.readCpuSeconds()));
});

test('a child with a lower PID than its parent’s is found immediately', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  const targets = watch(t, host, 10);
  tick(targets);
  host.fork(30, 10);
  host.fork(5, 30);
  host.fork(4, 5);
  assert.deepEqual(tick(targets), [[4, 5, 10, 30]]);
});

test('a member stays one when its parent has ended, and so do its children', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(11, 10);
  const targets = watch(t, host, 10);
  tick(targets);
  host.end(10);
  host.adopt(11, 1, 1001);
  assert.deepEqual(tick(targets), [[11]]);
  host.fork(12, 11);
  assert.deepEqual(tick(targets), [[11, 12]]);
});

test('a child that is first seen when its parent has just ended is a member', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(11, 10);
  const targets = watch(t, host, 10);
  tick(targets);
  host.fork(12, 11);
  host.end(11);
  assert.deepEqual(tick(targets), [[10, 12]]);
});

test('another process with a member’s PID is no member', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(11, 10);
  const targets = watch(t, host, 10);
  tick(targets);
  host.end(11);
  host.fork(11, 1);
  assert.deepEqual(tick(targets), [[10]]);
});

test('another process with a member’s PID is a member if it is a member’s child', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(11, 10);
  const targets = watch(t, host, 10);
  tick(targets);
  host.end(11);
  host.fork(11, 10);
  assert.deepEqual(tick(targets), [[10, 11]]);
});

test('a child that has the PID of an unrelated process of the previous sample is found eventually', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(70, 1);
  const targets = watch(t, host, 10);
  assert.deepEqual(tick(targets), [[10]]);
  host.end(70);
  host.fork(70, 10);
  for (let i = 0; i < 64; i++) tick(targets);
  assert.deepEqual(tick(targets), [[10, 70]]);
});

test('an absent process is awaited; once its tree is gone, its PID is not used again', (t) => {
  const host = new SavedProcesses(t);
  host.fork(1, 0);
  const targets = watch(t, host, 10);
  assert.deepEqual(tick(targets), []);
  host.fork(10, 1);
  host.fork(11, 10);
  assert.deepEqual(tick(targets), [[10, 11]]);
  host.end(10);
  host.end(11);
  assert.deepEqual(tick(targets), ['gone']);
  host.fork(10, 1);
  assert.deepEqual(tick(targets), []);
  assert.deepEqual(targets.units, ['pid:10']);
});

test('a tree is over as soon as all its processes have exited, though they are zombies', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(11, 10);
  const targets = watch(t, host, 10);
  tick(targets);
  host.zombify(10, 1, 1000);
  assert.deepEqual(tick(targets), [[10, 11]]);
  assert.ok(!targets.isOver, 'a descendant lives');
  host.zombify(11, 1, 1001);
  assert.deepEqual(tick(targets), ['gone']);
  assert.ok(targets.isOver);
  assert.deepEqual(tick(targets), []);
  assert.ok(targets.isOver);
});

test('a process of which only the leader has exited is not over', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  const targets = watch(t, host, 10);
  tick(targets);
  host.loseLeader(10, 1, 1000);
  for (let i = 0; i < 66; i++) assert.deepEqual(tick(targets), [[10]]);
  assert.ok(!targets.isOver);
  assert.deepEqual(tick(watch(t, host, 10)), [[10]]);
});

test('a zombie is not tracked: it is over from the start, unlike an absent process', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.zombify(10, 1, 1000);
  const targets = watch(t, host, 10);
  assert.deepEqual(tick(targets), []);
  assert.ok(targets.isOver);
  assert.ok(!watch(t, host, 99).isOver);
  assert.ok(!watch(t, host, 10, 99).isOver);
});

test('trees may be nested', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(11, 10);
  host.fork(12, 11);
  const targets = watch(t, host, 10, 11);
  assert.deepEqual(tick(targets), [
    [10, 11, 12],
    [11, 12],
  ]);
});

test('a cycle of parents, which only saved files can contain, ends', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(20, 21);
  host.fork(21, 20);
  const targets = watch(t, host, 10);
  assert.deepEqual(tick(targets), [[10]]);
});

test('a process with a malformed stat is skipped', (t) => {
  const host = new SavedProcesses(t);
  host.fork(10, 1);
  host.fork(11, 10);
  writeFileSync(join(host.procRoot, '11/stat'), '11 (cut');
  assert.deepEqual(tick(watch(t, host, 10)), [[10]]);
});
