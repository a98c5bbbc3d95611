import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type OpenedTargets, openTargets } from '../../src/discovery/open-targets.ts';
import { describeFinding, type TargetFinding } from '../../src/discovery/targets/findings.ts';
import type { TargetRequest } from '../../src/discovery/targets/targets.ts';
import type { NoEventsReason } from '../../src/host/cgroup/file-events.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { canMakeCgroups, RealCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';
import { membersOf } from './saved-tree.ts';

const onRealKernel = skipUnless(canMakeCgroups());
const UNIT = '/system.slice/tested.service';

function open(
  t: TestContext,
  cgroups: RealCgroups,
  ...names: string[]
): { targets: OpenedTargets; findings: TargetFinding[] } {
  return openRequests(
    t,
    cgroups,
    names.map((name) => ({ kind: 'unit', name })),
  );
}

function openRequests(
  t: TestContext,
  cgroups: RealCgroups,
  requests: readonly TargetRequest[],
  monotonicSeconds = () => Number.NaN,
): { targets: OpenedTargets; findings: TargetFinding[] } {
  const layout = findCgroupLayout(cgroups.root);
  assert.ok(layout.kind === 'v2');
  const findings: TargetFinding[] = [];
  const targets = openTargets({
    targets: requests,
    layout,
    procRoot: '/proc',
    report: (finding) => findings.push(finding),
    monotonicSeconds,
  });
  t.after(() => targets.close());
  return { targets, findings };
}

function members(targets: OpenedTargets): number[] | string {
  targets.refresh();
  return membersOf(targets.instances[0]);
}

const sorted = (...pids: number[]) => pids.toSorted((a, b) => a - b);

test(
  'real processes of a unit and of all its sub-cgroups are listed, as they come and go',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make(`${UNIT}/.control`);
    cgroups.make(`${UNIT}/workers/a`);
    const { targets, findings } = open(t, cgroups, 'tested.service');
    const main = await cgroups.sleeper(UNIT);
    const control = await cgroups.sleeper(`${UNIT}/.control`);
    const worker = await cgroups.sleeper(`${UNIT}/workers/a`);
    assert.deepEqual(members(targets), sorted(main, control, worker));
    cgroups.make(`${UNIT}/workers/b/c`);
    const late = await cgroups.sleeper(`${UNIT}/workers/b/c`);
    assert.deepEqual(members(targets), sorted(main, control, worker, late));
    await cgroups.remove(`${UNIT}/workers/a`);
    assert.deepEqual(members(targets), sorted(main, control, late));
    cgroups.move(UNIT, late);
    assert.deepEqual(members(targets), sorted(main, control, late));
    assert.deepEqual(findings, []);
  },
);

test('a sub-cgroup that replaced another is found in the same listing', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make(`${UNIT}/a`);
  const { targets } = open(t, cgroups, 'tested.service');
  const main = await cgroups.sleeper(UNIT);
  assert.deepEqual(members(targets), [main]);
  for (const [before, next] of [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'a'],
  ]) {
    await cgroups.remove(`${UNIT}/${before}`);
    cgroups.make(`${UNIT}/${next}`);
    const below = await cgroups.sleeper(`${UNIT}/${next}`);
    assert.deepEqual(members(targets), sorted(main, below), `${before} → ${next}`);
  }
});

test('processes of a threaded sub-cgroup are listed once, by its domain cgroup', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make(`${UNIT}/threads`);
  const { targets, findings } = open(t, cgroups, 'tested.service');
  const main = await cgroups.sleeper(UNIT);
  cgroups.write(`${UNIT}/threads`, 'cgroup.type', 'threaded');
  cgroups.write(`${UNIT}/threads`, 'cgroup.threads', String(main));
  for (let i = 0; i < 12; i++) assert.deepEqual(members(targets), [main]);
  cgroups.write(UNIT, 'cgroup.threads', String(main));
  await cgroups.remove(`${UNIT}/threads`);
  cgroups.make(`${UNIT}/threads`);
  const other = await cgroups.sleeper(`${UNIT}/threads`);
  for (let i = 0; i < 10; i++) members(targets);
  assert.deepEqual(members(targets), sorted(main, other), 'it is not threaded any more');
  assert.deepEqual(findings, []);
});

for (const [path, threaded, domain] of [
  [UNIT, [UNIT], '/system.slice'],
  [`${UNIT}/a/b`, [`${UNIT}/a`, `${UNIT}/a/b`], UNIT],
] as const) {
  test(`the domain cgroup of the threaded cgroup ${path} is named`, onRealKernel, async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make(path);
    for (const each of threaded) cgroups.write(each, 'cgroup.type', 'threaded');
    const { targets, findings } = openRequests(t, cgroups, [{ kind: 'cgroup', path, label: 'it' }]);
    assert.equal(members(targets), 'unsupported');
    assert.equal(members(targets), 'unsupported');
    assert.deepEqual(findings, [{ kind: 'threaded', unit: 'it', cgroup: path, domain }]);
    assert.match(describeFinding(findings[0]!), new RegExp(`track that: --cgroup ${domain}\\.$`));
  });
}

test(
  'the removal of a cgroup ends the instance, and a new one with its name is the next instance',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make(UNIT);
    await cgroups.sleeper(UNIT);
    const { targets } = open(t, cgroups, 'tested.service');
    const first = targets.instances[0];
    assert.ok(first !== undefined);
    const used = first.readCpuSeconds();
    await cgroups.remove(UNIT);
    assert.equal(membersOf(first), 'gone', 'in the middle of a tick');
    assert.ok(first.readCpuSeconds() >= used, 'its last reading stands');
    cgroups.make(UNIT);
    const pid = await cgroups.sleeper(UNIT);
    assert.equal(membersOf(first), 'gone', 'though its path is there again');
    assert.deepEqual(members(targets), [pid]);
    assert.notEqual(targets.instances[0], first);
    assert.equal(targets.instances.length, 1);
    await cgroups.remove(UNIT);
    targets.refresh();
    assert.deepEqual(targets.instances, []);
  },
);

test('a unit that crashes and restarts repeatedly is found each time', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  const { targets } = open(t, cgroups, 'tested.service');
  const seen = new Set<unknown>();
  for (let i = 0; i < 5; i++) {
    cgroups.make(UNIT);
    targets.refresh();
    assert.equal(targets.instances.length, 1);
    seen.add(targets.instances[0]);
    await cgroups.remove(UNIT);
    if (i % 2 === 0) targets.refresh();
  }
  assert.equal(seen.size, 5);
});

test('a unit that replaces another in the tree is found eventually', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make('/far.slice/other.service');
  const { targets } = open(t, cgroups, 'tested.service');
  await cgroups.remove('/far.slice/other.service');
  cgroups.make('/far.slice/tested.service');
  for (let i = 0; i < 10; i++) targets.refresh();
  assert.equal(targets.instances[0]?.cgroup, '/far.slice/tested.service');
});

test('more processes than fit a page are all listed', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make(UNIT);
  const { targets } = open(t, cgroups, 'tested.service');
  cgroups.shell(UNIT, 'for i in $(seq 1000); do sleep 1000 & done; wait');
  await until(() => cgroups.pids(UNIT).length === 1001, '1,001 processes');
  assert.deepEqual(members(targets), sorted(...cgroups.pids(UNIT)));
});

test('CPU is the kernel’s count for the whole tree', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make(`${UNIT}/worker`);
  const { targets } = open(t, cgroups, 'tested.service');
  cgroups.shell(`${UNIT}/worker`, 'i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; exec sleep 1000');
  const usage = () => {
    const text = readFileSync(`${cgroups.root}${UNIT}/cpu.stat`, 'utf8');
    return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e6;
  };
  await until(() => usage() > 0.005, 'the kernel to count it');
  const before = usage();
  const seconds = targets.instances[0]!.readCpuSeconds();
  assert.ok(before <= seconds && seconds <= usage(), `${before} ≤ ${seconds} ≤ ${usage()}`);
});

test(
  'cgroups that vanish during a listing are dropped, and the others are listed',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    for (const name of ['a', 'b', 'b/c', 'd']) cgroups.make(`${UNIT}/${name}`);
    cgroups.make('/elsewhere');
    const main = await cgroups.sleeper(UNIT);
    const moving = await cgroups.sleeper(`${UNIT}/b/c`);
    const { targets, findings } = open(t, cgroups, 'tested.service');
    const [unit] = targets.instances;
    const pids: number[] = [];
    const push = (pid: number) => {
      pids.push(pid);
      if (pid !== main) return;
      cgroups.move('/elsewhere', moving);
      for (const name of ['a', 'b/c', 'b']) rmdirSync(`${cgroups.root}${UNIT}/${name}`);
    };
    assert.equal(unit!.listMembers({ push }), 'listed');
    assert.deepEqual(pids, [main]);
    assert.deepEqual(members(targets), [main]);
    assert.equal(targets.instances[0], unit);
    assert.deepEqual(findings, []);
  },
);

test('a unit that loses its own cgroup during a listing has ended', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make(`${UNIT}/a`);
  cgroups.make('/elsewhere');
  const main = await cgroups.sleeper(UNIT);
  const { targets, findings } = open(t, cgroups, 'tested.service');
  const [unit] = targets.instances;
  const push = (pid: number) => {
    cgroups.move('/elsewhere', pid);
    for (const path of [`${UNIT}/a`, UNIT]) rmdirSync(cgroups.root + path);
  };
  assert.equal(unit!.listMembers({ push }), 'listed');
  assert.ok(Number.isNaN(unit!.readCpuSeconds()));
  assert.equal(unit!.readFigures(), null);
  targets.refresh();
  assert.deepEqual(targets.instances, []);
  assert.deepEqual(
    findings.filter(({ kind }) => kind === 'unreadable'),
    [],
  );
  assert.deepEqual(cgroups.pids('/elsewhere'), [main]);
});

test('a unit that moves to another slice is found there in the next refresh', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make(UNIT);
  cgroups.make('/far.slice/far-off.slice');
  const { targets } = open(t, cgroups, 'tested.service');
  targets.refresh();
  await cgroups.remove(UNIT);
  cgroups.make('/far.slice/far-off.slice/tested.service');
  const pid = await cgroups.sleeper('/far.slice/far-off.slice/tested.service');
  assert.deepEqual(members(targets), [pid]);
  assert.equal(targets.instances[0]!.cgroup, '/far.slice/far-off.slice/tested.service');
});

test('hundreds of units of a pattern come and go, and leave no descriptor open', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make('/system.slice');
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const layout = findCgroupLayout(cgroups.root);
  assert.ok(layout.kind === 'v2');
  const before = descriptors();
  const targets = openTargets({
    targets: [{ kind: 'units', pattern: 'run-*.service' }],
    layout,
    procRoot: '/proc',
    report: () => assert.fail(),
    mostMatched: 100,
    keepGone: 2,
  });
  t.after(() => targets.close());
  const idle = descriptors();
  for (let round = 0; round < 25; round++) {
    const paths = Array.from({ length: 20 }, (_, i) => `/system.slice/run-r${round * 20 + i}.service`);
    for (const path of paths) cgroups.make(`${path}/payload`);
    targets.refresh();
    assert.equal(targets.instances.length, 20, `round ${round}`);
    for (const instance of targets.instances) membersOf(instance);
    for (const path of paths) {
      rmdirSync(`${cgroups.root}${path}/payload`);
      rmdirSync(cgroups.root + path);
    }
    targets.refresh();
    assert.deepEqual(targets.instances, []);
    assert.equal(descriptors(), idle, `round ${round}`);
  }
  assert.equal(targets.units.length, 101);
  assert.equal(new Set(targets.units).size, 101);
  targets.close();
  assert.equal(descriptors(), before);
});

test(
  'a unit that replaces another between two refreshes is found immediately by a pattern',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make('/system.slice/run-1.service');
    const layout = findCgroupLayout(cgroups.root);
    assert.ok(layout.kind === 'v2');
    const targets = openTargets({
      targets: [{ kind: 'units', pattern: 'run-*' }],
      layout,
      procRoot: '/proc',
      report: () => assert.fail(),
    });
    t.after(() => targets.close());
    for (let i = 1; i < 20; i++) {
      await cgroups.remove(`/system.slice/run-${i}.service`);
      cgroups.make(`/system.slice/run-${i + 1}.service`);
      targets.refresh();
      assert.deepEqual(
        targets.instances.map(({ unit }) => unit),
        [`run-${i + 1}.service`],
      );
    }
  },
);

test(
  'a unit is found by listing once events have failed, which is reported once',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make('/system.slice');
    const layout = findCgroupLayout(cgroups.root);
    assert.ok(layout.kind === 'v2');
    const findings: TargetFinding[] = [];
    const failures: ((reason: NoEventsReason) => void)[] = [];
    const targets = openTargets({
      targets: [{ kind: 'unit', name: 'tested.service' }],
      layout,
      procRoot: '/proc',
      thoroughEvery: 1000,
      events: {
        watch(_path, _changed, failed) {
          failures.push(failed);
          return { close() {} };
        },
      },
      report: (finding) => findings.push(finding),
    });
    t.after(() => targets.close());
    assert.ok(failures.length > 0);
    for (const failed of failures.splice(0)) failed('memory');
    cgroups.make('/system.slice/other.slice');
    cgroups.make('/system.slice/other.slice/tested.service');
    const pid = await cgroups.sleeper('/system.slice/other.slice/tested.service');
    assert.deepEqual(members(targets), [pid]);
    for (const failed of failures.splice(0)) failed('memory');
    assert.deepEqual(
      findings.filter(({ kind }) => kind === 'events-unavailable'),
      [{ kind: 'events-unavailable', reason: 'memory' }],
    );
  },
);

/** All events so far are handled. */
async function eventsHandled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}

for (const [above, request] of [
  ['/host.service', { kind: 'cgroup', path: '/host.service/worker' }],
  ['/own.slice', { kind: 'cgroup', path: '/own.slice/worker' }],
  ['/own.slice', { kind: 'unit', name: 'worker.service' }],
] as const) {
  const name = request.kind === 'cgroup' ? request.path : `${above}/${request.name}`;
  const title = `${request.kind} ${name} is found by events after ${above} was replaced, and no event is missed`;
  test(title, onRealKernel, async (t) => {
    const cgroups = new RealCgroups(t);
    const remove = (...paths: string[]) => {
      for (const path of paths) rmdirSync(cgroups.root + path);
    };
    cgroups.make(name);
    let at = 0;
    const { targets, findings } = openRequests(t, cgroups, [request], () => at);
    targets.refresh();
    await eventsHandled();
    at = 1;
    // A refresh finds the cgroup in the new directory, which is not watched yet.
    remove(name);
    await eventsHandled();
    remove(above);
    cgroups.make(name);
    targets.refresh();
    assert.equal(targets.instances.length, 1);
    await eventsHandled();
    at = 4;
    targets.refresh();
    assert.deepEqual(findings, []);

    // The event of the new directory is handled before the next refresh.
    at = 5;
    remove(name);
    await eventsHandled();
    remove(above);
    await eventsHandled();
    cgroups.make(name);
    await eventsHandled();
    at = 6;
    targets.refresh();
    assert.deepEqual(
      targets.instances.map(({ createdAtSeconds }) => createdAtSeconds),
      [5],
    );
    at = 9;
    targets.refresh();
    assert.deepEqual(findings, []);
  });
}
