import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnitTree } from '../../../src/discovery/units/unit-tree.ts';
import { unitOfPath } from '../../../src/host/cgroup/unit-path.ts';
import { copiedHost, makeCgroup, removeCgroup, savedHost } from '../saved-tree.ts';

const treeOf = (unitRoot: string) => new UnitTree(unitRoot);
const look = (tree: UnitTree, thorough = false) => {
  tree.refresh();
  tree.update(thorough);
  return tree.units.map(({ unit }) => unit);
};

test('the tree contains the units of the host and of its user managers, and none of a container’s', () => {
  const tree = treeOf(savedHost('v2').layout.unitRoot);
  assert.deepEqual(look(tree).sort(), [
    '-.slice',
    '_under.service',
    'cart.service',
    'cpu.service',
    'cri-containerd-4f1c0a9d7b3e5c6a8d2f1e0b9c7a6d5e4f3b2c1a0d9e8f7a6b5c4d3e2f1a0b9c.scope',
    'delegated.service',
    'dev-hugepages.mount',
    'docker-4f1c0a9d7b3e5c6a8d2f1e0b9c7a6d5e4f3b2c1a0d9e8f7a6b5c4d3e2f1a0b9c.scope',
    'init.scope',
    'kubepods-burstable-pod12.slice',
    'kubepods-burstable.slice',
    'kubepods.slice',
    'machine-qemu\\x2d1.scope',
    'machine.slice',
    'nginx.service',
    'postgresql@15-main.service',
    'serial-getty@ttyS0.service',
    'session-3.scope',
    'shop-front.slice',
    'shop.slice',
    'ssh.service',
    'system-postgresql.slice',
    'system-serial\\x2dgetty.slice',
    'system.slice',
    'systemd-nspawn@box.service',
    'user-1000.slice',
    'user.slice',
    'user@1000.service',
    'user@1000.service/app-sync.slice',
    'user@1000.service/app.slice',
    'user@1000.service/box.scope',
    'user@1000.service/init.scope',
    'user@1000.service/nginx.service',
    'user@1000.service/sync@home.service',
  ]);
});

test('every directory in it is the unit by the rule for paths', () => {
  const tree = treeOf(savedHost('v2').layout.unitRoot);
  look(tree);
  for (const { unit, path } of tree.units) {
    const place = unitOfPath(path);
    assert.deepEqual(place && [place.unit, place.subPath], [unit, ''], path);
  }
});

test('units that come and go are found by the next update', (t) => {
  const host = copiedHost(t, 'v2');
  const tree = treeOf(host.layout.unitRoot);
  assert.ok(look(tree).includes('cart.service'));
  makeCgroup(host, '/shop.slice/shop-back.slice/stock.service');
  assert.ok(look(tree).includes('stock.service'));
  removeCgroup(host, '/shop.slice/shop-front.slice/cart.service');
  assert.ok(!look(tree).includes('cart.service'));
});

test('a replacement without any indication is found by a thorough update', (t) => {
  const host = copiedHost(t, 'v2');
  const tree = treeOf(host.layout.unitRoot);
  look(tree);
  removeCgroup(host, '/system.slice/nginx.service');
  makeCgroup(host, '/system.slice/apache.service');
  const units = look(tree, true);
  assert.ok(units.includes('apache.service') && !units.includes('nginx.service'));
});

test('a slice that was removed and recreated is searched again', (t) => {
  const host = copiedHost(t, 'v2');
  const tree = treeOf(host.layout.unitRoot);
  look(tree);
  removeCgroup(host, '/shop.slice');
  makeCgroup(host, '/shop.slice/shop-front.slice/bell.service');
  const units = look(tree);
  assert.ok(units.includes('bell.service') && !units.includes('cart.service'));
});

test('a root that vanishes leaves no units', (t) => {
  const host = copiedHost(t, 'v2');
  const tree = treeOf(host.layout.unitRoot);
  look(tree);
  removeCgroup(host, '');
  assert.deepEqual(look(tree), []);
});
