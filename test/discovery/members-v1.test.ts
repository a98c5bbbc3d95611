import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openTargets } from '../../src/discovery/open-targets.ts';
import { canMakeCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';

const SYSTEMD = '/sys/fs/cgroup/systemd';
const hasTree = existsSync(`${SYSTEMD}/cgroup.procs`);
const needs = skipUnless(hasTree ? canMakeCgroups() : 'takes the v1 tree of systemd');

test('on v1, processes that came since a listing less than a second ago are listed', needs, async (t) => {
  const root = `${SYSTEMD}/unitledger-test-members-${process.pid}`;
  const cgroups = ['', '/a.service', '/a.service/below'];
  for (const cgroup of cgroups) mkdirSync(root + cgroup);
  const children = cgroups.slice(1).map(() => spawn('/bin/sleep', ['1000'], { stdio: 'ignore' }));
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const cgroup of cgroups.reverse()) await until(() => isRemoved(root + cgroup), 'an empty cgroup');
  });
  await Promise.all(children.map((child) => once(child, 'spawn')));
  const targets = openTargets({
    targets: [{ kind: 'unit', name: 'a.service' }],
    layout: { kind: 'v1', unitRoot: root, cpuacctRoot: null, controllers: {} },
    procRoot: '/proc',
    report: () => {},
  });
  t.after(() => targets.close());
  const list = () => {
    targets.refresh();
    const pids: number[] = [];
    targets.instances[0]!.listMembers({ push: (pid) => void pids.push(pid) }, true);
    return pids;
  };
  assert.deepEqual(list(), []);
  const expected: number[] = [];
  for (const [index, { pid }] of children.entries()) {
    writeFileSync(`${root}${cgroups[index + 1]}/cgroup.procs`, String(pid));
    expected.push(pid!);
    assert.deepEqual(list(), expected);
  }
});

function isRemoved(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return !existsSync(directory);
  }
}
