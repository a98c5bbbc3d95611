import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openTargets } from '../../src/discovery/open-targets.ts';
import type { TargetInstance, TargetRequest } from '../../src/discovery/targets/targets.ts';
import { copiedHost, makeCgroup, type SavedHost, savedHost } from './saved-tree.ts';

function open(t: TestContext, host: SavedHost, request: TargetRequest): TargetInstance {
  const { layout, procRoot } = host;
  const targets = openTargets({ targets: [request], layout, procRoot, report: () => assert.fail() });
  t.after(() => targets.close());
  const [instance] = targets.instances;
  return instance ?? assert.fail('it is not there');
}

/** Where each member is, by PID. */
function placesOf(instance: TargetInstance): Record<number, string> {
  const places: Record<number, string> = {};
  assert.equal(
    instance.listMembers({
      push: (pid, subCgroup) => {
        places[pid] = subCgroup;
      },
    }),
    'listed',
  );
  return places;
}

test('a member of a sub-cgroup has the path from the unit to it', (t) => {
  const unit = open(t, savedHost('v2'), { kind: 'unit', name: 'delegated.service' });
  const wanted = {
    720: '/supervisor',
    721: '/.control',
    722: '/workers/a',
    723: '/workers/b',
    724: '/workers/b',
    725: '/workers/b/nginx.service',
  };
  assert.deepEqual(placesOf(unit), wanted);
  assert.deepEqual(placesOf(unit), wanted, 'at each listing');
});

test('for a slice it is the path to its units, for a user manager to the units of that user', (t) => {
  const slice = open(t, savedHost('v2'), { kind: 'unit', name: 'shop.slice' });
  assert.deepEqual(placesOf(slice), { 1300: '/shop-front.slice/cart.service' });
  const manager = open(t, savedHost('v2'), { kind: 'unit', name: 'user@1000.service' });
  assert.equal(placesOf(manager)[1203], '/app.slice/nginx.service');
});

test('members of the unit’s own cgroup, and of a process tree, have none', (t) => {
  const unit = open(t, savedHost('v2'), { kind: 'unit', name: 'nginx.service' });
  assert.deepEqual(placesOf(unit), { 800: '', 801: '', 802: '' });
  const tree = open(t, savedHost('v2'), { kind: 'pid', pid: 800 });
  assert.deepEqual(placesOf(tree), { 800: '', 801: '', 802: '' });
});

test('for the root it is the whole path', (t) => {
  const root = open(t, savedHost('v2'), { kind: 'cgroup', path: '/' });
  assert.equal(placesOf(root)[800], '/system.slice/nginx.service');
});

test('a process that is listed in two cgroups is in the first one', (t) => {
  const host = copiedHost(t, 'v2');
  makeCgroup(host, '/system.slice/nginx.service/worker', [801]);
  const unit = open(t, host, { kind: 'unit', name: 'nginx.service' });
  assert.deepEqual(placesOf(unit), { 800: '', 801: '', 802: '' });
});

test('a process that moves is in the last cgroup that listed it', (t) => {
  const host = copiedHost(t, 'v2');
  makeCgroup(host, '/system.slice/nginx.service/worker', [811]);
  const unit = open(t, host, { kind: 'unit', name: 'nginx.service' });
  assert.equal(placesOf(unit)[811], '/worker');
  makeCgroup(host, '/system.slice/nginx.service/worker', []);
  makeCgroup(host, '/system.slice/nginx.service', [800, 811]);
  assert.deepEqual(placesOf(unit), { 800: '', 811: '' });
});

test('a path that is not UTF-8 is still text', (t) => {
  const host = copiedHost(t, 'v2');
  const odd = Buffer.from(`${host.layout.unitRoot}/system.slice/nginx.service/b\xff`, 'latin1');
  mkdirSync(odd);
  writeFileSync(Buffer.concat([odd, Buffer.from('/cgroup.procs')]), '812\n');
  const unit = open(t, host, { kind: 'unit', name: 'nginx.service' });
  assert.equal(placesOf(unit)[812], '/b\ufffd');
});
