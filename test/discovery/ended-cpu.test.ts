import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type OpenedTargets, openTargets } from '../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { canMakeCgroups, RealCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';

const needs = skipUnless(canMakeCgroups());
const SLICE = '/system.slice';
/** A process that has ended may be on its way out for a while. */
const TOLERANCE_SECONDS = 0.001;
const UNIT = 'crashing.service';

/** A host with one slice of real cgroups, and a unit of it that is tracked; `tick` is one half second on. */
function hostWith(t: TestContext, options: { events?: null; unit?: string; procRoot?: string } = {}) {
  const cgroups = new RealCgroups(t);
  cgroups.make(SLICE);
  const layout = findCgroupLayout(cgroups.root);
  assert.ok(layout.kind !== 'none');
  let targets: OpenedTargets | undefined;
  let at = 0;
  t.after(() => targets?.close());
  const path = (name: string) => `${SLICE}/${name}`;
  const usage = (name = '') => {
    const stat = readFileSync(`${cgroups.root}${SLICE}/${name}/cpu.stat`, 'utf8');
    return Number(/usage_usec (\d+)/.exec(stat)![1]) / 1e6;
  };
  return {
    cgroups,
    usage,
    /** A life of a cgroup that uses some CPU; the cgroup is there when its process has ended. */
    async live(name: string) {
      cgroups.make(path(name));
      const before = usage(name);
      const pid = cgroups.shell(path(name), 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done');
      await until(() => usage(name) > before + 0.005, `${pid} to use CPU`);
      const events = `${cgroups.root}${path(name)}/cgroup.events`;
      await until(() => readFileSync(events, 'utf8').includes('populated 0'), `${pid} to end`);
      // The event of that is handled in this turn of the event loop, or in the next.
      await setImmediate();
      await setImmediate();
      return usage(name);
    },
    end: (name: string) => cgroups.remove(path(name)),
    /** `meanwhile`: between a look for the instances and one at what the kernel tells of them. */
    async tickWhile(meanwhile: () => Promise<void>) {
      at += 0.5;
      targets!.refresh();
      await meanwhile();
      const counted = targets!.instances.length;
      return { counted, ended: targets!.readEnded(at, true)[0]! };
    },
    tick() {
      at += 0.5;
      targets ??= openTargets({
        targets: [{ kind: 'unit', name: options.unit ?? UNIT }],
        layout,
        procRoot: options.procRoot ?? '/proc',
        report: () => {},
        ...('events' in options ? { events: null } : {}),
      });
      targets.refresh();
      const read = targets.instances.map((instance) => instance.readCpuSeconds());
      const ended = targets.readEnded(at, true);
      const shared = ended.reduce(
        (sum, usage, place) =>
          sum + (targets!.origins[place]?.kind === 'shared' ? (usage?.cpuSeconds ?? 0) : 0),
        0,
      );
      return { read, ended: ended[0]!, shared };
    },
  };
}

/** All events so far are handled. */
async function eventsHandled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}

function assertNear(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= TOLERANCE_SECONDS, `${what}: ${actual}, not ${expected}`);
}

test('a unit that came and went unseen is counted, and so is its usage', needs, async (t) => {
  const { live, end, tick } = hostWith(t);
  assert.deepEqual(tick().ended, { cpuSeconds: 0, unseenInstances: 0, figures: null, managerPids: [] });
  let used = 0;
  for (let lives = 1; lives <= 3; lives++) {
    used += await live(UNIT);
    await end(UNIT);
    if (lives === 2) continue;
    const { read, ended } = tick();
    assert.deepEqual(read, []);
    assert.equal(ended.unseenInstances, lives);
    assertNear(ended.cpuSeconds, used, 'what ended lives used');
  }
});

for (const [earlier, isFinal] of [
  ['ended, with a final reading,', true],
  ['ended', false],
] as const) {
  test(
    `a unit that came and went unseen is counted after an earlier instance ${earlier} as well`,
    needs,
    async (t) => {
      const { cgroups, end, live, tick } = hostWith(t);
      const path = `${cgroups.root}${SLICE}/${UNIT}`;
      tick();
      for (let unseen = 1; unseen <= 3; unseen++) {
        if (isFinal) await live(UNIT);
        else mkdirSync(path);
        await eventsHandled();
        assert.equal(tick().read.length, 1);
        await end(UNIT);
        await eventsHandled();
        // This tick reads the slice, after the event of the removal.
        tick();
        await eventsHandled();
        mkdirSync(path);
        rmdirSync(path);
        await eventsHandled();
        assert.equal(tick().ended.unseenInstances, unseen);
      }
    },
  );
}

test(
  'usage of an instance is not lost if the next one starts before its events are handled',
  needs,
  async (t) => {
    const { cgroups, tick, usage } = hostWith(t);
    const path = `${SLICE}/${UNIT}`;
    tick();
    cgroups.make(path);
    // Without a turn of the event loop.
    const burn = 'echo 0 >"$0/cgroup.procs"; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done';
    spawnSync('/bin/sh', ['-c', burn, cgroups.root + path]);
    const used = usage(UNIT);
    assert.ok(used > 0.003, `${used} s`);
    rmdirSync(cgroups.root + path);
    cgroups.make(path);
    // Without removals, the slice is read every 20 ticks.
    for (let ticks = 0; ticks < 25; ticks++) {
      await eventsHandled();
      tick();
    }
    assertNear(tick().shared, used, 'shared usage');
  },
);

test(
  'usage of an instance after its last reading is not lost, and nothing is counted twice',
  needs,
  async (t) => {
    const { cgroups, live, end, tick, usage } = hostWith(t);
    await live(UNIT);
    const [atFirst] = tick().read;
    await live(UNIT);
    const [last] = tick().read;
    const used = await live(UNIT);
    await end(UNIT);
    // The next is there at once.
    const next = await live(UNIT);
    const { read, ended } = tick();
    assertNear(read[0]!, next, 'the next life');
    assertNear(ended.cpuSeconds, used - last!, 'the last stretch');
    assert.equal(ended.unseenInstances, 0);
    assert.ok(last! > atFirst!);
    assertNear(usage(), used + next, 'the slice');
    cgroups.make(`${SLICE}/quiet.service`);
    for (let i = 0; i < 25; i++) assert.deepEqual({ ...tick().ended }, { ...ended });
  },
);

test(
  'usage of a sibling is never the unit’s, whether it stays, ends, or comes and goes',
  needs,
  async (t) => {
    const { live, end, tick } = hostWith(t);
    await live(UNIT);
    await live('steady.service');
    tick();
    await live('steady.service');
    await live('timer.service');
    await end('timer.service');
    assert.equal(tick().ended.cpuSeconds, 0);
    const [last] = tick().read;
    const used = await live(UNIT);
    await end(UNIT);
    const other = await live('timer.service');
    await end('timer.service');
    assertNear(tick().ended.cpuSeconds, used - last!, 'the final delta');
    assert.ok(other > 0);
  },
);

test('without kernel events, final deltas are known all the same', { ...needs }, async (t) => {
  const { live, end, tick } = hostWith(t, { events: null });
  await live(UNIT);
  tick();
  const [last] = tick().read;
  const used = await live(UNIT);
  await end(UNIT);
  assertNear(tick().ended.cpuSeconds, used - last!, 'the last stretch');
  // One end does not make a unit that comes and goes: a sibling may have been there.
  await live(UNIT);
  await end(UNIT);
  assertNear(tick().ended.cpuSeconds, used - last!, 'the last stretch');
  assert.equal(tick().ended.unseenInstances, 0);
});

test('the managers of units are those in init.scope', needs, async (t) => {
  const { cgroups, tick } = hostWith(t);
  cgroups.make('/init.scope');
  const pid = await cgroups.sleeper('/init.scope');
  assert.deepEqual(tick().ended.managerPids, [pid]);
});

test('usage of a removed cgroup outside of any slice is known, too', needs, async (t) => {
  const { live, end, tick } = hostWith(t, { unit: 'init.scope' });
  tick();
  const used = await live('../init.scope');
  await end('../init.scope');
  assertNear(tick().ended.cpuSeconds, used, 'the cgroup');
});

test('usage of a unit is known in a slice that has processes of its own', needs, async (t) => {
  const { cgroups, live, end, tick } = hostWith(t);
  await cgroups.sleeper(SLICE);
  tick();
  const used = await live(UNIT);
  await end(UNIT);
  assertNear(tick().ended.cpuSeconds, used, 'by its final reading');
});

test('a slice that is removed and recreated is followed again', needs, async (t) => {
  const { cgroups, live, end, tick } = hostWith(t);
  tick();
  await cgroups.remove(SLICE);
  tick();
  cgroups.make(SLICE);
  tick();
  let used = await live(UNIT);
  await end(UNIT);
  assertNear(tick().ended.cpuSeconds, used, 'the life');
  await cgroups.remove(SLICE);
  cgroups.make(SLICE);
  tick();
  used += await live(UNIT);
  await end(UNIT);
  assertNear(tick().ended.cpuSeconds, used, 'both lives');
});

test('a unit that is restarted in the same directory is another instance', needs, async (t) => {
  const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
  t.after(() => rmSync(procRoot, { recursive: true }));
  const folder = join(procRoot, '1/root/run/systemd/units');
  mkdirSync(folder, { recursive: true });
  const start = (id: string) => {
    rmSync(join(folder, `invocation:${UNIT}`), { force: true });
    symlinkSync(id, join(folder, `invocation:${UNIT}`));
  };
  const { cgroups, end, tick } = hostWith(t, { procRoot });
  const path = `${SLICE}/${UNIT}`;
  cgroups.make(path);
  const soon = () => Array.from({ length: 10 }, () => tick().ended.unseenInstances).at(-1);
  assert.equal(soon(), 0);
  start('first');
  // The first that is seen: nothing tells that it was another before.
  assert.equal(soon(), 0);
  start('second');
  assert.equal(soon(), 1);
  assert.equal(soon(), 1);
  await end(UNIT);
  assert.equal(tick().ended.unseenInstances, 1);
  start('third');
  cgroups.make(path);
  assert.equal(soon(), 1);
  // Its directory is made anew before its start is recorded.
  await end(UNIT);
  cgroups.make(path);
  tick();
  start('fourth');
  assert.equal(soon(), 1);
  start('fifth');
  assert.equal(soon(), 2);
});

test('a unit that is restarted during the search is counted once', needs, async (t) => {
  const { cgroups, end, tick, tickWhile } = hostWith(t);
  const path = `${SLICE}/${UNIT}`;
  tick();
  cgroups.make(path);
  const { counted, ended } = await tickWhile(async () => {
    await end(UNIT);
    cgroups.make(path);
  });
  assert.equal(counted, 1);
  assert.equal(ended.unseenInstances, 0);
  // The second is met as an instance of its own.
  assert.equal(tick().ended.unseenInstances, 0);
  await end(UNIT);
  assert.equal(tick().ended.unseenInstances, 0);
});
