import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openTargets } from '../../src/discovery/open-targets.ts';
import type { TargetFinding } from '../../src/discovery/targets/findings.ts';
import type {
  CgroupCounters,
  CgroupFigures,
  CgroupGauges,
  CgroupNonAdditiveGauges,
} from '../../src/host/cgroup/figures.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { canMakeCgroups, RealCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';
import { copiedHost, makeCgroup, removeCgroup, type SavedHost, savedHost } from './saved-tree.ts';

function instanceOf(
  t: TestContext,
  host: Omit<SavedHost, 'cgroupRoot'>,
  path: string,
  findings: TargetFinding[] = [],
) {
  const targets = openTargets({
    targets: [{ kind: 'cgroup', path }],
    layout: host.layout,
    procRoot: host.procRoot,
    report: (finding) => findings.push(finding),
  });
  t.after(() => targets.close());
  return targets.instances[0]!;
}

const NGINX = '/system.slice/nginx.service';
const COUNTERS: CgroupCounters = {
  throttledPeriods: null,
  throttledSeconds: null,
  memoryLowEvents: null,
  memoryHighEvents: null,
  memoryMaxEvents: null,
  memoryOomEvents: null,
  memoryOomKills: null,
  cpuPressureSomeSeconds: null,
  cpuPressureFullSeconds: null,
  memoryPressureSomeSeconds: null,
  memoryPressureFullSeconds: null,
  ioPressureSomeSeconds: null,
  ioPressureFullSeconds: null,
};
const LEVELS: CgroupGauges = {
  memoryBytes: null,
  swapBytes: null,
  anonBytes: null,
  fileBytes: null,
  kernelBytes: null,
  socketBytes: null,
  shmemBytes: null,
  threads: null,
};
const HEIGHTS: CgroupNonAdditiveGauges = {
  memoryPeakBytes: null,
  threadLimit: null,
  cpuPressureSomeShare: null,
  cpuPressureFullShare: null,
  memoryPressureSomeShare: null,
  memoryPressureFullShare: null,
  ioPressureSomeShare: null,
  ioPressureFullShare: null,
};

test('a v2 unit with all controllers has all metrics', (t) => {
  const expected: CgroupFigures = {
    counters: {
      throttledPeriods: 0,
      throttledSeconds: 0,
      memoryLowEvents: 0,
      memoryHighEvents: 7,
      memoryMaxEvents: 3,
      memoryOomEvents: 1,
      memoryOomKills: 1,
      cpuPressureSomeSeconds: 2.5,
      cpuPressureFullSeconds: 0.25,
      memoryPressureSomeSeconds: 0.001,
      memoryPressureFullSeconds: 0.0009,
      ioPressureSomeSeconds: 0.04,
      ioPressureFullSeconds: 0.03,
    },
    levels: {
      memoryBytes: 27_533_312,
      swapBytes: 0,
      anonBytes: 5_242_880,
      fileBytes: 20_971_520,
      kernelBytes: 1_310_720,
      socketBytes: 8192,
      shmemBytes: 1_048_576,
      threads: 6,
    },
    heights: {
      memoryPeakBytes: 33_554_432,
      threadLimit: 512,
      cpuPressureSomeShare: 0.0122,
      cpuPressureFullShare: 0,
      memoryPressureSomeShare: 0,
      memoryPressureFullShare: 0,
      ioPressureSomeShare: 0,
      ioPressureFullShare: 0,
    },
    disks: [
      {
        device: '253:0',
        name: 'dm-0',
        readBytes: 8192,
        writeBytes: 122_880,
        readOperations: 2,
        writeOperations: 30,
      },
      {
        device: '8:0',
        name: 'sda',
        readBytes: 8192,
        writeBytes: 122_880,
        readOperations: 2,
        writeOperations: 12,
      },
    ],
  };
  assert.deepEqual(instanceOf(t, savedHost('v2'), NGINX).readFigures(), expected);
});

test('without controllers only cpu.stat has values, and everything else is absent', (t) => {
  assert.deepEqual(
    instanceOf(t, savedHost('v2'), '/shop.slice/shop-front.slice/cart.service').readFigures(),
    {
      counters: { ...COUNTERS, throttledPeriods: 0, throttledSeconds: 0 },
      levels: LEVELS,
      heights: HEIGHTS,
      disks: null,
    },
  );
});

test('a v1 unit has them from the trees of the controllers; metrics that v1 does not count are absent', (t) => {
  assert.deepEqual(instanceOf(t, savedHost('v1'), NGINX).readFigures(), {
    counters: {
      ...COUNTERS,
      throttledPeriods: 0,
      throttledSeconds: 0,
      // Its own 2 and 0, and those of the cgroups below it.
      memoryMaxEvents: 2 + 7 + 11,
      memoryOomKills: 0 + 2 + 3,
    },
    levels: {
      memoryBytes: 9_449_472,
      swapBytes: 0,
      anonBytes: 126_976,
      fileBytes: 8_466_432,
      kernelBytes: 856_064,
      socketBytes: 0,
      shmemBytes: 4096,
      threads: 2,
    },
    heights: { ...HEIGHTS, memoryPeakBytes: 10_211_328 },
    disks: [
      {
        device: '8:0',
        name: '8:0',
        readBytes: 4096,
        writeBytes: 65_536,
        readOperations: 1,
        writeOperations: 16,
      },
    ],
  });
});

test('a v1 unit without directories of its own has none', (t) => {
  assert.equal(instanceOf(t, savedHost('v1'), '/system.slice/batch.service').readFigures(), null);
});

test('events of cgroups below a v1 unit stay counted after their removal, and when others reuse their paths', (t) => {
  const host = copiedHost(t, 'v1');
  const workers = `${host.cgroupRoot}/memory${NGINX}/workers`;
  const instance = instanceOf(t, host, NGINX);
  const kills = () => instance.readFigures()?.counters.memoryOomKills;
  const setKills = (directory: string, count: number) =>
    writeFileSync(`${directory}/memory.oom_control`, `oom_kill_disable 0\nunder_oom 0\noom_kill ${count}\n`);
  assert.equal(kills(), 5);
  rmSync(`${workers}/a`, { recursive: true });
  assert.equal(kills(), 5);
  mkdirSync(`${workers}/b`);
  setKills(`${workers}/b`, 1);
  assert.equal(kills(), 6);
  setKills(workers, 1);
  assert.equal(kills(), 7);
  rmSync(workers, { recursive: true });
  assert.deepEqual([kills(), kills()], [7, 7]);
});

test('a process tree has no cgroup metrics', (t) => {
  const { procRoot } = savedHost('v2');
  const targets = openTargets({
    targets: [{ kind: 'pid', pid: 800 }],
    layout: null,
    procRoot,
    report: () => {},
  });
  t.after(() => targets.close());
  assert.equal(targets.instances[0]!.readFigures(), null);
});

test('a malformed file is reported once, and the others are read', (t) => {
  const host = copiedHost(t, 'v2');
  const findings: TargetFinding[] = [];
  const instance = instanceOf(t, host, NGINX, findings);
  writeFileSync(`${host.layout.unitRoot}${NGINX}/memory.events`, 'oom_kill many\n');
  for (let i = 0; i < 3; i++) {
    assert.equal(instance.readFigures()?.counters.memoryOomKills, null);
    assert.equal(instance.readFigures()?.levels.memoryBytes, 27_533_312);
  }
  assert.deepEqual(findings, [
    { kind: 'figures-unreadable', unit: 'nginx.service', file: 'memory.events', failure: 'malformed' },
  ]);
});

test('metrics of a controller that is enabled later are found within a minute of windows', (t) => {
  const host = copiedHost(t, 'v2');
  const file = `${host.layout.unitRoot}${NGINX}/memory.peak`;
  rmSync(file);
  const instance = instanceOf(t, host, NGINX);
  assert.equal(instance.readFigures()?.heights.memoryPeakBytes, null);
  writeFileSync(file, '5\n');
  const seen = Array.from({ length: 6 }, () => instance.readFigures()?.heights.memoryPeakBytes);
  assert.equal(seen.at(-1), 5);
});

test('metrics of another cgroup with the same path are never mistaken for those of the ended one', (t) => {
  const host = copiedHost(t, 'v2');
  const instance = instanceOf(t, host, NGINX);
  removeCgroup(host, NGINX);
  makeCgroup(host, NGINX, [800]);
  writeFileSync(`${host.layout.unitRoot}${NGINX}/memory.current`, '1\n');
  assert.equal(instance.readFigures(), null);
});

test('an io.stat of thousands of devices is read whole', (t) => {
  const host = copiedHost(t, 'v2');
  const file = `${host.layout.unitRoot}${NGINX}/io.stat`;
  for (let minor = 1; minor < 3000; minor++) {
    appendFileSync(file, `259:${minor} rbytes=1 wbytes=1 rios=1 wios=1 dbytes=0 dios=0\n`);
  }
  assert.equal(instanceOf(t, host, NGINX).readFigures()?.disks?.length, 3001);
});

test('the real kernel has PSI in every v2 cgroup', skipUnless(canMakeCgroups()), async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make('/busy');
  const layout = findCgroupLayout(cgroups.root);
  assert.ok(layout.kind !== 'none');
  const instance = instanceOf(t, { layout, procRoot: '/proc' }, '/busy');
  // More of them than any test machine has cores: some must wait.
  for (let i = 0; i < 2; i++) cgroups.shell('/busy', 'taskset -c 0 sh -c "while :; do :; done"');
  await until(
    () => (instance.readFigures()?.counters.cpuPressureSomeSeconds ?? 0) > 0,
    'one to wait for the other',
  );
  const { counters } = instance.readFigures()!;
  assert.ok(counters.memoryPressureSomeSeconds !== null && counters.ioPressureSomeSeconds !== null);
});

const v1 = findCgroupLayout('/sys/fs/cgroup');
const hasV1 = () =>
  v1.kind !== 'none' && v1.controllers.memory !== undefined ? canMakeCgroups() : 'takes v1 controllers';

test('the real kernel has the metrics of v1 controllers', skipUnless(hasV1()), async (t) => {
  const cgroups = new RealCgroups(t);
  assert.ok(v1.kind !== 'none');
  const path = cgroups.root.slice(dirname(cgroups.root).length);
  const own = Object.values(v1.controllers).map((tree) => tree + path);
  for (const directory of own) {
    mkdirSync(directory);
    t.after(() => until(() => isRemoved(directory), `${directory} to be empty`));
  }
  const instance = instanceOf(t, { layout: v1, procRoot: '/proc' }, path);
  const join = own.map((directory) => `echo $$ >${directory}/cgroup.procs`).join('; ');
  cgroups.shell('', `${join}; x=$(head -c 8000000 /dev/zero | tr '\\0' a); sleep 1000; : $x`);
  await until(() => (instance.readFigures()?.levels.anonBytes ?? 0) > 8_000_000, '8 MB to be there');
  await until(() => instance.readFigures()?.levels.threads === 2, 'the shell and its sleep to be alone');
  const { counters, levels, heights, disks } = instance.readFigures()!;
  assert.equal(heights.threadLimit, null);
  assert.equal(counters.throttledPeriods, 0);
  assert.equal(counters.memoryOomKills, 0);
  assert.equal(counters.memoryMaxEvents, 0);
  assert.deepEqual(disks, []);
  assert.ok(levels.memoryBytes! > 8_000_000 && levels.memoryBytes! < 64_000_000);
  assert.ok(heights.memoryPeakBytes! >= levels.memoryBytes!);
});

function isRemoved(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    // EBUSY as long as its process is on its way out.
    return false;
  }
}
