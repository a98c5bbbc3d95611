import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeView, findViewProblems, type ViewFinding } from '../../src/discovery/view-findings.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { copiedHost, type SavedHost, savedHost } from './saved-tree.ts';

const kindsOf = (host: Pick<SavedHost, 'procRoot' | 'layout'>, asksForUnits = true) =>
  findViewProblems(host.procRoot, host.layout, asksForUnits).map(({ kind }) => kind);

test('a completely visible v2 or hybrid host has no finding', () => {
  for (const name of ['v2', 'hybrid']) assert.deepEqual(kindsOf(savedHost(name)), []);
});

test('neither has this machine’s own /proc', () => {
  assert.deepEqual(findViewProblems('/proc', null, false), []);
});

test('a host with its units in v1 is reported once, with the missing metrics', () => {
  assert.deepEqual(kindsOf(savedHost('v1')), ['v1']);
});

test('a v1 tree that the host’s systemd does not use is distinguished from one that it does', (t) => {
  const host = copiedHost(t, 'v1');
  const empty = join(host.cgroupRoot, '../empty');
  mkdirSync(join(empty, 'systemd'), { recursive: true });
  writeFileSync(join(empty, 'systemd/cgroup.procs'), '');
  writeFileSync(join(host.procRoot, '1/cgroup'), '1:name=systemd:/\n0::/init.scope\n');
  const layout = findCgroupLayout(empty);
  assert.ok(layout.kind === 'v1');
  assert.deepEqual(kindsOf({ ...host, layout }), ['v1-beside-v2']);
  writeFileSync(join(host.procRoot, '1/cgroup'), '1:name=systemd:/init.scope\n');
  assert.deepEqual(kindsOf({ ...host, layout }), ['v1']);
});

test('a container’s own part of the tree is reported, unless it has units or none are requested', (t) => {
  const host = copiedHost(t, 'v2');
  const part = join(host.cgroupRoot, '../part');
  mkdirSync(part);
  for (const file of ['cgroup.controllers', 'cgroup.procs', 'cgroup.type'])
    writeFileSync(join(part, file), '');
  const layout = findCgroupLayout(part);
  assert.ok(layout.kind === 'v2');
  assert.deepEqual(kindsOf({ ...host, layout }), ['part-of-tree']);
  assert.deepEqual(kindsOf({ ...host, layout }, false), []);
  mkdirSync(join(part, 'system.slice'));
  assert.deepEqual(kindsOf({ ...host, layout }), []);
});

test('each finding is one printable sentence with the fix', () => {
  const findings: [ViewFinding, RegExp][] = [
    [{ kind: 'other-pids', procRoot: '/host/p\nroc' }, /PID namespace.*hostPID: true/],
    [
      { kind: 'hidden-processes', procRoot: '/proc', option: 'hidepid=invisible' },
      /hidepid=invisible.*SYS_PTRACE/,
    ],
    [{ kind: 'hidden-processes', procRoot: '/proc', option: '' }, /by something/],
    [{ kind: 'part-of-tree', unitRoot: '/sys/fs/cgroup' }, /cgroup namespace.*--cgroup-root/],
    [{ kind: 'v1-beside-v2', unitRoot: '/sys/fs/cgroup/systemd' }, /mount that \(type cgroup2\)/],
    [{ kind: 'v1', unitRoot: '/sys/fs/cgroup/systemd' }, /systemd\.unified_cgroup_hierarchy=1/],
  ];
  for (const [finding, fix] of findings) {
    const sentence = describeView(finding);
    assert.match(sentence, fix);
    assert.doesNotMatch(sentence, /\p{Cc}/u);
  }
});
