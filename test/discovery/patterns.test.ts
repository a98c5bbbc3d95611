import assert from 'node:assert/strict';
import { readdirSync, symlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type OpenedTargets, openTargets, type TargetOptions } from '../../src/discovery/open-targets.ts';
import type { TargetFinding } from '../../src/discovery/targets/findings.ts';
import { copiedHost, makeCgroup, membersOf, removeCgroup, type SavedHost, savedHost } from './saved-tree.ts';

interface Opened {
  readonly targets: OpenedTargets;
  readonly findings: TargetFinding[];
}

/** Names with `*`, `?` or `[` are patterns. */
function open(
  t: TestContext,
  host: SavedHost,
  names: readonly string[],
  more: Partial<TargetOptions> = {},
): Opened {
  const findings: TargetFinding[] = [];
  const targets = openTargets({
    targets: names.map((name) => {
      if (name.startsWith('/')) return { kind: 'cgroup', path: name };
      return /[*?[]/.test(name) ? { kind: 'units', pattern: name } : { kind: 'unit', name };
    }),
    layout: host.layout,
    procRoot: host.procRoot,
    report: (finding) => findings.push(finding),
    thoroughEvery: 4,
    ...more,
  });
  t.after(() => targets.close());
  return { targets, findings };
}

const live = ({ instances }: OpenedTargets) => instances.map(({ unit }) => unit).sort();

for (const [pattern, wanted] of [
  ['postgresql@*', ['postgresql@15-main.service']],
  ['*-main.service', ['postgresql@15-main.service']],
  ['user-*.slice', ['user-1000.slice']],
  ['user-[0-9]*', ['user-1000.slice']],
  ['[!a-t]*@1000.service', ['user@1000.service']],
  ['n?inx.service', ['nginx.service']],
  ['*\\x2d*.scope', ['machine-qemu\\x2d1.scope']],
  ['_*', ['_under.service']],
  ['nginx*', ['nginx.service']],
  ['*.mount', ['dev-hugepages.mount']],
  ['user@1000.service/*.service', ['user@1000.service/nginx.service', 'user@1000.service/sync@home.service']],
  ['user@*.service/nginx*', ['user@1000.service/nginx.service']],
  ['user@1*.service/app.slice', ['user@1000.service/app.slice']],
  ['inner*', []],
] as const) {
  test(`${pattern} is ${wanted.join(' and ') || 'nothing that is there'}`, (t) => {
    const { targets } = open(t, savedHost('v2'), [pattern]);
    assert.deepEqual(live(targets), [...wanted]);
  });
}

test('*.service is every service of the host, and none of a container’s or a user’s', (t) => {
  const { targets, findings } = open(t, savedHost('v2'), ['*.service']);
  assert.deepEqual(live(targets), [
    '_under.service',
    'cart.service',
    'cpu.service',
    'delegated.service',
    'nginx.service',
    'postgresql@15-main.service',
    'serial-getty@ttyS0.service',
    'ssh.service',
    'systemd-nspawn@box.service',
    'user@1000.service',
  ]);
  assert.deepEqual(targets.units.slice(1).toSorted(), live(targets));
  const nginx = targets.instances.find(({ unit }) => unit === 'nginx.service');
  assert.deepEqual(membersOf(nginx), [800, 801, 802]);
  assert.deepEqual(findings, []);
});

test('a pattern without matches is awaited under its own name', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, ['late-*']);
  assert.deepEqual([targets.units, live(targets)], [['late-*'], []]);
  makeCgroup(host, '/system.slice/late-a.service', [5]);
  makeCgroup(host, '/far.slice/late-b.scope', [6]);
  targets.refresh();
  assert.deepEqual(targets.units, ['late-*', 'late-b.scope', 'late-a.service']);
  assert.deepEqual(targets.instances.map(membersOf), [[6], [5]]);
});

test('units of a pattern come, go and come back, each in its former slot', (t) => {
  const host = copiedHost(t, 'v2');
  makeCgroup(host, '/system.slice/w@1.service', [5]);
  const { targets } = open(t, host, ['w@*', 'nginx.service']);
  const [nginx] = targets.instances;
  makeCgroup(host, '/system.slice/w@2.service', [6]);
  targets.refresh();
  assert.deepEqual(targets.units, ['w@*', 'nginx.service', 'w@1.service', 'w@2.service']);
  removeCgroup(host, '/system.slice/w@1.service');
  targets.refresh();
  assert.deepEqual(live(targets), ['nginx.service', 'w@2.service']);
  makeCgroup(host, '/system.slice/w@1.service', [7]);
  targets.refresh();
  assert.deepEqual(targets.units, ['w@*', 'nginx.service', 'w@1.service', 'w@2.service']);
  assert.deepEqual(membersOf(targets.instances.find(({ unit }) => unit === 'w@1.service')), [7]);
  assert.equal(targets.instances[0], nginx);
});

test('a unit of a pattern that was restarted between two refreshes is another instance in the same slot', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, ['ngi*']);
  const [first] = targets.instances;
  removeCgroup(host, '/system.slice/nginx.service');
  makeCgroup(host, '/system.slice/nginx.service', [8]);
  targets.refresh();
  assert.notEqual(targets.instances[0], first);
  assert.deepEqual([targets.units, targets.instances.map(membersOf)], [['ngi*', 'nginx.service'], [[8]]]);
});

test('a unit of a pattern that moved to another slice is found there immediately', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, ['cart*']);
  removeCgroup(host, '/shop.slice/shop-front.slice/cart.service');
  makeCgroup(host, '/machine.slice/cart.service', [9]);
  targets.refresh();
  assert.deepEqual(
    targets.instances.map(({ unit, cgroup }) => [unit, cgroup]),
    [['cart.service', '/machine.slice/cart.service']],
  );
  assert.deepEqual(targets.units, ['cart*', 'cart.service']);
});

test('a unit that is requested by name and matched is one, in the slot of the request', (t) => {
  const { targets } = open(t, savedHost('v2'), [
    '*in*.service',
    'nginx.service',
    'n*.service',
    'sshd.service',
    'ssh*',
  ]);
  assert.deepEqual(targets.units, [
    '*in*.service',
    'nginx.service',
    'n*.service',
    'ssh.service',
    'ssh*',
    'postgresql@15-main.service',
  ]);
  assert.deepEqual(live(targets), ['nginx.service', 'postgresql@15-main.service', 'ssh.service']);
});

test('a unit that two patterns match is tracked once, for the first pattern', (t) => {
  const { targets } = open(t, savedHost('v2'), ['ngin*', 'n*.service']);
  assert.deepEqual(targets.units, ['ngin*', 'n*.service', 'nginx.service']);
  assert.equal(targets.origins[2]!.pattern, 0);
  assert.equal(targets.instances.length, 1);
});

test('an alias of a unit that a pattern already tracks leaves it unchanged', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, ['web.service', 'ngin*']);
  const [nginx] = targets.instances;
  symlinkSync('/lib/systemd/system/nginx.service', `${host.procRoot}/1/root/etc/systemd/system/web.service`);
  for (let i = 0; i < 4; i++) targets.refresh();
  assert.deepEqual(targets.instances, [nginx]);
  assert.deepEqual(targets.units, ['web.service', 'ngin*', 'nginx.service']);
});

test('beyond the limit units are booked under their pattern, until one that is gone for long loses its slot', (t) => {
  const host = copiedHost(t, 'v2');
  const run = (n: number) => `/system.slice/run-r${n}.service`;
  for (const n of [1, 2, 3]) makeCgroup(host, run(n), [10 + n]);
  const { targets } = open(t, host, ['run-*'], { mostMatched: 2, keepGone: 3 });
  assert.deepEqual(
    targets.instances.map((instance) => [instance.unit, membersOf(instance)]),
    [
      ['run-r1.service', [11]],
      ['run-r2.service', [12]],
      ['run-*', [13]],
    ],
  );
  removeCgroup(host, run(1));
  for (let i = 0; i < 4; i++) targets.refresh();
  assert.deepEqual(targets.units, ['run-*', 'run-r1.service', 'run-r2.service']);
  makeCgroup(host, run(4), [14]);
  targets.refresh();
  assert.deepEqual(targets.units, ['run-*', 'run-r4.service', 'run-r2.service']);
  assert.deepEqual(live(targets), ['run-*', 'run-r2.service', 'run-r4.service']);
});

test('nested targets are all tracked, which is reported once', (t) => {
  const host = copiedHost(t, 'v2');
  const { targets, findings } = open(t, host, [
    'shop.slice',
    'ca*.service',
    'shop-*',
    '/docker',
    '/docker/x',
  ]);
  assert.deepEqual(targets.instances.map(membersOf).slice(0, 3), [[1300], [1104, 1105], [1300]]);
  makeCgroup(host, '/shop.slice/casino.service');
  targets.refresh();
  assert.deepEqual(findings, [
    { kind: 'nested', outer: 'shop-front.slice', inner: 'cart.service', pairs: 2 },
  ]);
});

test('units that match a pattern are suggested, and those with almost the same beginning', (t) => {
  const { targets } = open(t, savedHost('v2'), ['postgresl@*']);
  assert.deepEqual(targets.suggestions('postgresl@*'), ['postgresql@15-main.service']);
  assert.deepEqual(targets.suggestions('*.socket'), []);
  assert.deepEqual(targets.suggestions('ngin?.service'), [
    'nginx.service',
    'user@1000.service/nginx.service',
  ]);
});

test('without a cgroup tree a pattern is absent', (t) => {
  const { procRoot } = savedHost('v2');
  const targets = openTargets({
    targets: [{ kind: 'units', pattern: '*.service' }],
    layout: null,
    procRoot,
    report: () => assert.fail(),
  });
  t.after(() => targets.close());
  assert.deepEqual([targets.units, targets.instances], [['*.service'], []]);
  assert.equal(targets.origins[0]!.kind, 'pattern');
});

test('every descriptor of a pattern’s units is closed', (t) => {
  const before = readdirSync('/proc/self/fd').length;
  const host = copiedHost(t, 'v2');
  const { targets } = open(t, host, ['*.service', 'n*']);
  for (const instance of targets.instances) membersOf(instance);
  assert.ok(readdirSync('/proc/self/fd').length > before + 20);
  removeCgroup(host, '/system.slice');
  targets.refresh();
  targets.close();
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
