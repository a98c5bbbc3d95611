import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type OpenedTargets, openTargets } from '../../src/discovery/open-targets.ts';
import type { TargetFinding } from '../../src/discovery/targets/findings.ts';
import type { TargetRequest } from '../../src/discovery/targets/targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { copiedHost, makeCgroup, membersOf, removeCgroup, type SavedHost, savedHost } from './saved-tree.ts';

interface Opened {
  readonly targets: OpenedTargets;
  readonly findings: TargetFinding[];
}

function open(t: TestContext, host: SavedHost, requests: readonly TargetRequest[]): Opened {
  const findings: TargetFinding[] = [];
  const { layout, procRoot } = host;
  const targets = openTargets({
    targets: requests,
    layout,
    procRoot,
    report: (finding) => findings.push(finding),
    thoroughEvery: 4,
  });
  t.after(() => targets.close());
  return { targets, findings };
}

const unit = (name: string): TargetRequest => ({ kind: 'unit', name });
const cgroup = (path: string): TargetRequest => ({ kind: 'cgroup', path });
const found = (targets: OpenedTargets) =>
  targets.instances.map((instance) => [instance.unit, instance.cgroup]);

for (const [name, path, pids] of [
  ['nginx.service', '/system.slice/nginx.service', [800, 801, 802]],
  ['cpu.service', '/system.slice/_cpu.service', [710]],
  ['_under.service', '/system.slice/__under.service', [711]],
  [
    'postgresql@15-main.service',
    '/system.slice/system-postgresql.slice/postgresql@15-main.service',
    [900, 901],
  ],
  [
    'serial-getty@ttyS0.service',
    '/system.slice/system-serial\\x2dgetty.slice/serial-getty@ttyS0.service',
    [712],
  ],
  ['cart.service', '/shop.slice/shop-front.slice/cart.service', [1300]],
  ['delegated.service', '/system.slice/delegated.service', [720, 721, 722, 723, 724, 725]],
  ['shop.slice', '/shop.slice', [1300]],
  ['init.scope', '/init.scope', [1]],
  ['dev-hugepages.mount', '/system.slice/dev-hugepages.mount', []],
  ['systemd-nspawn@box.service', '/machine.slice/systemd-nspawn@box.service', [1110, 1111]],
  ['machine-qemu\\x2d1.scope', '/machine.slice/machine-qemu\\x2d1.scope', [1112]],
  [
    'user@1000.service',
    '/user.slice/user-1000.slice/user@1000.service',
    [1201, 1202, 1203, 1204, 1205, 1206],
  ],
  [
    'user@1000.service/nginx.service',
    '/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service',
    [1203],
  ],
] as const) {
  test(`${name} is found at ${path} with everything below it`, (t) => {
    const { targets, findings } = open(t, savedHost('v2'), [unit(name)]);
    assert.deepEqual(found(targets), [[name, path]]);
    assert.deepEqual(membersOf(targets.instances[0]), pids);
    assert.deepEqual(findings, []);
  });
}

test('the unit’s own counter has its CPU', (t) => {
  const { targets } = open(t, savedHost('v2'), [unit('nginx.service')]);
  assert.equal(targets.instances[0]?.readCpuSeconds(), 2.5);
});

test('a container’s unit is not the host’s', (t) => {
  const { targets } = open(t, savedHost('v2'), [unit('inner.service')]);
  assert.deepEqual(found(targets), []);
  assert.deepEqual(targets.units, ['inner.service']);
});

test('an alias is tracked as its unit, and reported once', (t) => {
  const { targets, findings } = open(t, savedHost('v2'), [unit('sshd.service'), unit('nginx.service')]);
  assert.deepEqual(targets.units, ['ssh.service', 'nginx.service']);
  assert.deepEqual(found(targets)[0], ['ssh.service', '/system.slice/ssh.service']);
  for (let i = 0; i < 9; i++) targets.refresh();
  assert.deepEqual(findings, [{ kind: 'alias', asked: 'sshd.service', unit: 'ssh.service' }]);
});

test('a unit that was requested by two of its names is one', (t) => {
  const { targets } = open(t, savedHost('v2'), [
    unit('ssh.service'),
    unit('sshd.service'),
    cgroup('/system.slice/ssh.service/'),
  ]);
  assert.deepEqual(targets.units, ['ssh.service']);
  assert.deepEqual(found(targets), [['ssh.service', '/system.slice/ssh.service']]);
});

test('an alias of an absent unit is awaited under the unit’s name', (t) => {
  const host = copiedHost(t, 'v2');
  removeCgroup(host, '/system.slice/ssh.service');
  const { targets } = open(t, host, [unit('sshd.service')]);
  assert.deepEqual([targets.units, found(targets)], [['ssh.service'], []]);
  makeCgroup(host, '/system.slice/ssh.service', [7]);
  targets.refresh();
  assert.deepEqual(membersOf(targets.instances[0]), [7]);
});

test('an alias that is created later is found eventually; names keep their slots', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('shell.service'), unit('web.service'), unit('ssh.service')]);
  assert.deepEqual(targets.units, ['shell.service', 'web.service', 'ssh.service']);
  const folder = `${host.procRoot}/1/root/etc/systemd/system`;
  symlinkSync('/lib/systemd/system/ssh.service', `${folder}/shell.service`);
  symlinkSync('/lib/systemd/system/nginx.service', `${folder}/web.service`);
  for (let i = 0; i < 4; i++) targets.refresh();
  assert.deepEqual(targets.units, ['shell.service', 'nginx.service', 'ssh.service']);
  assert.deepEqual(found(targets), [
    ['ssh.service', '/system.slice/ssh.service'],
    ['nginx.service', '/system.slice/nginx.service'],
  ]);
});

test('a masked unit is reported', (t) => {
  const { findings } = open(t, savedHost('v2'), [unit('masked.service')]);
  assert.deepEqual(findings, [{ kind: 'masked', asked: 'masked.service' }]);
});

test('a unit’s own cgroup has the unit’s name, any other its path', (t) => {
  const { targets } = open(t, savedHost('v2'), [
    cgroup('/system.slice/nginx.service'),
    cgroup('system.slice//delegated.service/./workers/'),
    cgroup('/docker'),
    cgroup('/../../../../etc'),
  ]);
  assert.deepEqual(targets.units, [
    'nginx.service',
    '/system.slice/delegated.service/workers',
    '/docker',
    '/etc',
  ]);
  assert.deepEqual(
    targets.instances.map((instance) => membersOf(instance)),
    [
      [800, 801, 802],
      [722, 723, 724, 725],
      [1104, 1105],
    ],
  );
});

test('the root is the whole host', (t) => {
  const { targets } = open(t, savedHost('v1'), [cgroup('/')]);
  assert.deepEqual(found(targets), [['-.slice', '/']]);
  assert.deepEqual(membersOf(targets.instances[0]), [1, 2, 800, 801, 810]);
});

test('an absent unit is awaited, in a slice of its own too', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('late.service'), unit('later.service')]);
  assert.deepEqual(found(targets), []);
  makeCgroup(host, '/system.slice/late.service', [5]);
  targets.refresh();
  assert.deepEqual(found(targets), [['late.service', '/system.slice/late.service']]);
  makeCgroup(host, '/far.slice/far-off.slice/later.service', [6]);
  targets.refresh();
  assert.deepEqual(
    targets.instances.map((instance) => membersOf(instance)),
    [[5], [6]],
  );
});

test('a unit that replaced another in its slice is found by the next thorough search at the latest', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('late.service')]);
  targets.refresh();
  removeCgroup(host, '/shop.slice/shop-front.slice/cart.service');
  makeCgroup(host, '/shop.slice/shop-front.slice/late.service', [5]);
  for (let i = 0; i < 4; i++) targets.refresh();
  assert.deepEqual(membersOf(targets.instances[0]), [5]);
});

test('a unit that was restarted between two refreshes is another instance', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('nginx.service')]);
  const first = targets.instances[0];
  targets.refresh();
  assert.equal(targets.instances[0], first, 'the same as long as its directory is');
  removeCgroup(host, '/system.slice/nginx.service');
  makeCgroup(host, '/system.slice/nginx.service', [8]);
  targets.refresh();
  assert.equal(targets.instances.length, 1);
  assert.notEqual(targets.instances[0], first);
  assert.deepEqual(membersOf(targets.instances[0]), [8]);
});

test('a unit that returns in another slice is found there', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('cart.service')]);
  removeCgroup(host, '/shop.slice/shop-front.slice/cart.service');
  makeCgroup(host, '/shop.slice/shop-back.slice/cart.service', [9]);
  targets.refresh();
  assert.deepEqual(found(targets), [['cart.service', '/shop.slice/shop-back.slice/cart.service']]);
});

test('a unit that moved to the former path of another is found immediately', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('cart.service')]);
  targets.suggestions('so that all slices were looked through');
  removeCgroup(host, '/shop.slice/shop-front.slice/cart.service');
  removeCgroup(host, '/machine.slice/machine-qemu\\x2d1.scope');
  makeCgroup(host, '/machine.slice/cart.service', [9]);
  targets.refresh();
  assert.deepEqual(found(targets), [['cart.service', '/machine.slice/cart.service']]);
});

test('a unit that returns to the same path is found immediately, whatever else left its slice', (t) => {
  const host = copiedHost(t, 'v2');
  makeCgroup(host, '/shop.slice/shop-front.slice/till.service');
  const { targets } = open(t, host, [unit('cart.service')]);
  removeCgroup(host, '/shop.slice/shop-front.slice/cart.service');
  targets.refresh();
  removeCgroup(host, '/shop.slice/shop-front.slice/till.service');
  makeCgroup(host, '/shop.slice/shop-front.slice/cart.service', [9]);
  targets.refresh();
  assert.deepEqual(membersOf(targets.instances[0]), [9]);
});

test('a unit that stopped is absent, and its name is kept', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('nginx.service')]);
  removeCgroup(host, '/system.slice/nginx.service');
  targets.refresh();
  assert.deepEqual([found(targets), targets.units], [[], ['nginx.service']]);
});

test('cgroups that come and go below a unit are found, removed ones are dropped, and no PID is listed twice', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('delegated.service')]);
  const members = () => {
    targets.refresh();
    return membersOf(targets.instances[0]);
  };
  members();
  makeCgroup(host, '/system.slice/delegated.service/workers/b/deep/er', [730]);
  makeCgroup(host, '/system.slice/delegated.service/workers/a', [722, 723, 730]);
  assert.deepEqual(members(), [720, 721, 722, 723, 724, 725, 730]);
  removeCgroup(host, '/system.slice/delegated.service/workers/b');
  assert.deepEqual(members(), [720, 721, 722, 723, 730]);
});

test('a sub-cgroup whose name is not UTF-8 is read like others', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [unit('nginx.service')]);
  makeCgroup(host, '/system.slice/nginx.service/x', [811]);
  const odd = Buffer.from(`${host.layout.unitRoot}/system.slice/nginx.service/x/b\xff\xfe`, 'latin1');
  makeRaw(odd, 812);
  makeRaw(Buffer.concat([odd, Buffer.from('/inner')]), 813);
  targets.refresh();
  assert.deepEqual(membersOf(targets.instances[0]), [800, 801, 802, 811, 812, 813]);
});

test('invisible processes are reported once, visible ones are listed', (t) => {
  const { targets, findings } = open(t, savedHost('foreign-pids'), [
    unit('mixed.service'),
    unit('nginx.service'),
  ]);
  for (let i = 0; i < 3; i++) {
    targets.refresh();
    assert.deepEqual(
      targets.instances.map((instance) => membersOf(instance)),
      [[31, 32], []],
    );
  }
  assert.deepEqual(findings, [
    { kind: 'foreign-pids', unit: 'mixed.service', cgroup: '/system.slice/mixed.service', processes: 2 },
    { kind: 'foreign-pids', unit: 'nginx.service', cgroup: '/system.slice/nginx.service', processes: 3 },
  ]);
});

test('a malformed list is reported once, and read again', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets, findings } = open(t, host, [unit('nginx.service')]);
  const procs = `${host.layout.unitRoot}/system.slice/nginx.service/cgroup.procs`;
  writeFileSync(procs, '12\nrubbish\n');
  for (let i = 0; i < 3; i++) assert.equal(membersOf(targets.instances[0]), 'malformed');
  writeFileSync(procs, '12\n');
  assert.deepEqual(membersOf(targets.instances[0]), [12]);
  assert.deepEqual(findings, [
    {
      kind: 'unreadable',
      unit: 'nginx.service',
      cgroup: '/system.slice/nginx.service',
      failure: 'malformed',
    },
  ]);
});

test('on a hybrid host the v2 tree is read', (t) => {
  const { targets } = open(t, savedHost('hybrid'), [unit('nginx.service')]);
  assert.deepEqual(membersOf(targets.instances[0]), [800, 801]);
  assert.equal(targets.instances[0]?.readCpuSeconds(), 2.5);
});

test('on a v1 host CPU is known if the unit has a cpuacct directory of its own, and absent otherwise', (t) => {
  const { targets } = open(t, savedHost('v1'), [unit('nginx.service'), unit('batch.service')]);
  assert.deepEqual(
    targets.instances.map((instance) => membersOf(instance)),
    [[800, 801], [810]],
  );
  assert.deepEqual(
    targets.instances.map((instance) => instance.readCpuSeconds()),
    [2.5, Number.NaN],
  );
});

test('the counter of a single v1 tree that counts CPU is read', (t) => {
  const { procRoot, cgroupRoot } = savedHost('v1');
  const layout = findCgroupLayout(`${cgroupRoot}/cpu,cpuacct`);
  assert.ok(layout.kind === 'v1');
  const { targets } = open(t, { procRoot, cgroupRoot, layout }, [unit('nginx.service')]);
  assert.equal(targets.instances[0]?.readCpuSeconds(), 2.5);
});

test('without a cgroup tree units are absent, but process trees are not', (t) => {
  const { procRoot } = savedHost('v2');
  const targets = openTargets({
    targets: [unit('nginx.service'), cgroup('/x'), { kind: 'pid', pid: 800 }],
    layout: null,
    procRoot,
    report: () => assert.fail(),
  });
  t.after(() => targets.close());
  assert.deepEqual(targets.units, ['nginx.service', '/x', 'pid:800']);
  assert.deepEqual(
    targets.instances.map((instance) => membersOf(instance)),
    [[800, 801, 802]],
  );
});

test('units with similar names are suggested for a name that was never seen', (t) => {
  const { targets } = open(t, savedHost('v2'), [unit('ngnix.service')]);
  assert.deepEqual(targets.suggestions('ngnix.service'), [
    'nginx.service',
    'user@1000.service/nginx.service',
  ]);
});

for (const [title, asked, found] of [
  ['a name', 'sync@home.service', ['user@1000.service/sync@home.service']],
  ['a pattern', 'sync@*', ['user@1000.service/sync@*']],
  ['a name that the host has, too', 'nginx.service', null],
  ['a name that nothing has', 'none.service', null],
  ['a name with its manager', 'user@7.service/sync@home.service', null],
] as const) {
  test(`units of user managers are suggested at the start: ${title}`, (t) => {
    const request: TargetRequest = asked.includes('*') ? { kind: 'units', pattern: asked } : unit(asked);
    const { findings } = open(t, savedHost('v2'), [request]);
    assert.deepEqual(
      findings.filter(({ kind }) => kind === 'user-units'),
      found === null ? [] : [{ kind: 'user-units', asked, found }],
    );
  });
}

test('every descriptor is closed', (t) => {
  const before = readdirSync('/proc/self/fd').length;
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, [
    unit('delegated.service'),
    unit('nginx.service'),
    unit('nowhere.service'),
  ]);
  for (const instance of targets.instances) membersOf(instance);
  assert.ok(readdirSync('/proc/self/fd').length > before + 6);
  removeCgroup(host, '/system.slice/nginx.service');
  targets.refresh();
  targets.close();
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

function makeRaw(directory: Buffer, pid: number): void {
  mkdirSync(directory);
  writeFileSync(Buffer.concat([directory, Buffer.from('/cgroup.procs')]), `${pid}\n`);
}
