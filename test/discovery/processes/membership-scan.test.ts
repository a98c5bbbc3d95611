import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MembershipScan } from '../../../src/discovery/processes/membership-scan.ts';
import { MembershipReader } from '../../../src/host/cgroup/membership-reader.ts';

/** A saved `/proc`, and what a scan of it finds. */
class SavedProcesses {
  readonly procRoot: string;
  readonly scan: MembershipScan;
  #aside = 0;

  constructor(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-scan-'));
    t.after(() => rmSync(folder, { recursive: true }));
    this.procRoot = join(folder, 'proc');
    mkdirSync(this.procRoot);
    mkdirSync(join(folder, 'aside'));
    const layout = { kind: 'v2', unitRoot: join(folder, 'cgroup') } as const;
    this.scan = new MembershipScan(this.procRoot, new MembershipReader(this.procRoot, layout));
  }

  /** Starts a process, or moves one. */
  put(pid: number, cgroup: string): void {
    mkdirSync(join(this.procRoot, String(pid)), { recursive: true });
    writeFileSync(join(this.procRoot, `${pid}/cgroup`), `12:cpuset:/elsewhere\n0::${cgroup}\n`);
  }

  end(pid: number): void {
    // Moved aside: the inode of a directory that is removed may be the next one's.
    renameSync(join(this.procRoot, String(pid)), join(this.procRoot, `../aside/${this.#aside++}`));
  }

  /** A scan, and the members that it finds of each cgroup, in order. */
  members(...cgroups: string[]): number[][] {
    this.scan.refresh();
    return cgroups.map((cgroup) => {
      const pids: number[] = [];
      this.scan.listBelow(cgroup, { push: (pid) => void pids.push(pid) });
      return pids.sort((a, b) => a - b);
    });
  }
}

const NGINX = '/system.slice/nginx.service';

test('members are the processes in the cgroup and below it, from the first scan on', (t) => {
  const saved = new SavedProcesses(t);
  saved.put(1, '/init.scope');
  saved.put(10, NGINX);
  saved.put(11, `${NGINX}/workers/a`);
  saved.put(12, `${NGINX}-other`);
  saved.put(13, '/');
  for (let scan = 0; scan < 3; scan++) {
    assert.deepEqual(saved.members(NGINX, '/system.slice', '/none', '/'), [
      [10, 11],
      [10, 11, 12],
      [],
      [1, 10, 11, 12, 13],
    ]);
  }
});

test('new processes are members immediately, and ended ones are not', (t) => {
  const saved = new SavedProcesses(t);
  saved.put(10, NGINX);
  assert.deepEqual(saved.members(NGINX), [[10]]);
  saved.put(11, NGINX);
  assert.deepEqual(saved.members(NGINX), [[10, 11]]);
  saved.end(10);
  assert.deepEqual(saved.members(NGINX), [[11]]);
});

test('a process that is moved soon after its start, as by systemd, is found in the next scan', (t) => {
  const saved = new SavedProcesses(t);
  assert.deepEqual(saved.members(NGINX), [[]]);
  saved.put(10, '/init.scope');
  assert.deepEqual(saved.members(NGINX), [[]]);
  saved.put(10, NGINX);
  assert.deepEqual(saved.members(NGINX), [[10]]);
});

test('a process that is moved later is found within 32 scans, in and out', (t) => {
  const saved = new SavedProcesses(t);
  saved.put(10, '/init.scope');
  for (let scan = 0; scan < 10; scan++) assert.deepEqual(saved.members(NGINX), [[]]);
  const scansUntil = (members: number[]) => {
    let scans = 1;
    while (saved.members(NGINX)[0]?.join() !== members.join()) {
      assert.ok(++scans <= 32, 'not found');
    }
    return scans;
  };
  saved.put(10, NGINX);
  assert.ok(scansUntil([10]) > 1, 'all are asked in each scan');
  saved.put(10, '/init.scope');
  scansUntil([]);
});

test('a PID that another process has in the next scan belongs to that process', (t) => {
  const saved = new SavedProcesses(t);
  saved.put(10, NGINX);
  for (let scan = 0; scan < 5; scan++) assert.deepEqual(saved.members(NGINX), [[10]]);
  saved.end(10);
  saved.put(10, '/init.scope');
  assert.deepEqual(saved.members(NGINX), [[]]);
  // It is young: it may be moved soon.
  saved.put(10, NGINX);
  assert.deepEqual(saved.members(NGINX), [[10]]);
});

test('a process in a removed cgroup, or without a readable one, is no member', (t) => {
  const saved = new SavedProcesses(t);
  saved.put(10, `${NGINX} (deleted)`);
  saved.put(11, `/../..${NGINX}`);
  saved.put(12, NGINX);
  writeFileSync(join(saved.procRoot, '12/cgroup'), 'nonsense');
  mkdirSync(join(saved.procRoot, '13'));
  assert.deepEqual(saved.members(NGINX, '/'), [[], []]);
});

test('one scan serves all listings until the next refresh', (t) => {
  const saved = new SavedProcesses(t);
  saved.put(10, NGINX);
  assert.deepEqual(saved.members(NGINX), [[10]]);
  saved.put(11, NGINX);
  const pids: number[] = [];
  saved.scan.listBelow(NGINX, { push: (pid) => void pids.push(pid) });
  assert.deepEqual(pids, [10]);
});
