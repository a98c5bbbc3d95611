import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { findCgroupLayout } from '../../../src/host/cgroup/layout.ts';

const root = (name: string) => resolve(import.meta.dirname, `../../fixtures/hosts/${name}/sys/fs/cgroup`);

test('a v2 host has its units at the root', () => {
  assert.deepEqual(findCgroupLayout(root('v2')), {
    kind: 'v2',
    unitRoot: root('v2'),
    cpuacctRoot: null,
    controllers: {},
  });
});

test('a subtree of a v2 host is a v2 tree', () => {
  const unified = `${root('hybrid')}/unified`;
  assert.deepEqual(findCgroupLayout(unified), {
    kind: 'v2',
    unitRoot: unified,
    cpuacctRoot: null,
    controllers: {},
  });
});

test('a hybrid host has its units below unified', () => {
  assert.deepEqual(findCgroupLayout(root('hybrid')), {
    kind: 'hybrid',
    unitRoot: `${root('hybrid')}/unified`,
    cpuacctRoot: `${root('hybrid')}/cpu,cpuacct`,
    controllers: { cpu: `${root('hybrid')}/cpu,cpuacct` },
  });
});

test('a v1 host has its units in the tree of systemd', () => {
  assert.deepEqual(findCgroupLayout(root('v1')), {
    kind: 'v1',
    unitRoot: `${root('v1')}/systemd`,
    cpuacctRoot: `${root('v1')}/cpu,cpuacct`,
    controllers: {
      blkio: `${root('v1')}/blkio`,
      cpu: `${root('v1')}/cpu,cpuacct`,
      memory: `${root('v1')}/memory`,
      pids: `${root('v1')}/pids`,
    },
  });
});

test('a single v1 tree is its own layout', () => {
  const tree = `${root('v1')}/cpu,cpuacct`;
  assert.deepEqual(findCgroupLayout(tree), {
    kind: 'v1',
    unitRoot: tree,
    cpuacctRoot: tree,
    controllers: {},
  });
});

test('a missing root is reported with the fix', () => {
  const layout = findCgroupLayout('/nowhere/\u001b[2J');
  assert.ok(layout.kind === 'none');
  assert.equal(layout.failure, 'gone');
  assert.match(layout.message, /^--cgroup-root \/nowhere\/\\x1b\[2J does not exist: mount the host's/);
});

test('a root without a cgroup tree is reported with the files that were checked', (t) => {
  const empty = mkdtempSync(join(tmpdir(), 'unitledger-layout-'));
  t.after(() => rmSync(empty, { recursive: true }));
  mkdirSync(join(empty, 'unified'));
  const layout = findCgroupLayout(empty);
  assert.ok(layout.kind === 'none');
  assert.equal(layout.failure, null);
  assert.ok(layout.lookedFor.includes(`${empty}/unified/cgroup.controllers`));
  assert.match(layout.message, /holds no cgroup tree \(looked for cgroup\.controllers, unified/);
});
