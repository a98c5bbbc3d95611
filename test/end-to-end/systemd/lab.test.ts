import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCpuSeconds, readProcess, readUnit, type UsedTruth, usedBetween } from '../truth.ts';
import { runCommand } from './command.ts';
import { bootSystemd, type SystemdLab, skipLab } from './lab.ts';
import {
  asSidecar,
  NODE_INSIDE,
  onHost,
  SIDECAR_CGROUP_ROOT,
  SIDECAR_PROC_ROOT,
  startProgram,
} from './programs.ts';
import { cacheFolder } from './root.ts';
import * as services from './services.ts';
import * as units from './units.ts';

describe('a systemd of the tests', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await units.installPayload(lab);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  const below = (directory: string | undefined) => directory?.slice(lab.cgroupRoot.length);
  const names = async (unit: string) => {
    const found = await Promise.all((await lab.processesOf(unit)).map((pid) => readProcess(pid)));
    return found.flatMap((one) => (one === undefined ? [] : [one.comm.toString('latin1')])).sort();
  };

  /** Starts a unit, waits until it looks as it should, and ends it. */
  async function running(
    unit: units.PreparedUnit,
    cgroup: string,
    looks: () => Promise<boolean>,
  ): Promise<void> {
    await units.startPrepared(lab, unit);
    assert.equal(below(await lab.cgroupOf(unit.name)), cgroup);
    await until(looks, `${unit.name} as it should be`);
    await lab.stopUnit(unit.name);
    assert.deepEqual(await lab.processesOf(unit.name), []);
  }

  /** What a unit uses until it looks as it should, as the kernel says: on a busy machine that may take a while. */
  async function usedBy(unit: units.PreparedUnit, looks: (used: UsedTruth) => boolean): Promise<UsedTruth> {
    await units.startPrepared(lab, unit);
    const cgroup = (await lab.cgroupOf(unit.name))!;
    const then = await readUnit(cgroup);
    let used = usedBetween(then, then);
    await until(async () => {
      used = usedBetween(then, await readUnit(cgroup));
      return looks(used);
    }, `${unit.name} to work`);
    await lab.stopUnit(unit.name);
    return used;
  }

  test('has its slices and its manager under one cgroup directory', () => {
    const found = readdirSync(lab.cgroupRoot);
    for (const name of ['init.scope', 'system.slice', 'user.slice']) assert.ok(found.includes(name), name);
    assert.equal(lab.insidePid(lab.managerPid), 1);
    assert.equal(lab.outsidePid(1), lab.managerPid);
  });

  test('runs an nginx that answers inside, with its PIDs as this machine numbers them', async () => {
    await services.startNginx(lab);
    const pid = await lab.mainPid('nginx.service');
    assert.equal((await readProcess(pid!))?.comm.toString(), 'nginx');
    assert.ok((await lab.processesOf('nginx.service')).includes(pid!));
    const load = services.loadNginx(lab, 1);
    const ended = new Promise((resolve) => load.once('exit', resolve));
    const before = await readCpuSeconds((await lab.cgroupOf('nginx.service'))!);
    assert.equal(await ended, 0);
    assert.ok((await readCpuSeconds((await lab.cgroupOf('nginx.service'))!)) - before > 0.1);
    await lab.restartUnit('nginx.service');
    assert.notEqual(await lab.mainPid('nginx.service'), pid);
  });

  test('runs a PostgreSQL instance of a template, next to an active unit without a process', async () => {
    const instance = await services.startPostgresql(lab);
    assert.match(instance, /^postgresql@\d+-main\.service$/);
    assert.equal(below(await lab.cgroupOf(instance)), `/system.slice/system-postgresql.slice/${instance}`);
    assert.ok((await lab.processesOf(instance)).length >= 5);
    assert.equal(await lab.property('postgresql.service', 'ActiveState'), 'active');
    assert.equal(await lab.cgroupOf('postgresql.service'), undefined);
    const load = await services.loadPostgresql(lab, 1);
    assert.equal(await new Promise((resolve) => load.once('exit', resolve)), 0);
    await lab.stopUnit(instance);
  });

  test('runs a delegated unit with processes in sub-cgroups of its own', () => {
    const counts = async () => {
      const cgroup = (await lab.cgroupOf(units.delegated.name))!;
      const count = (name: string) => {
        const file = path.join(cgroup, name, 'cgroup.procs');
        return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
      };
      return ['.', 'supervisor', 'workers/a', 'workers/b.service', '.hidden', '.control'].map(count);
    };
    return running(units.delegated, '/system.slice/delegated.service', async () => {
      return (await counts()).join() === '0,1,2,2,2,1';
    });
  });

  test('gives units the directories that systemd gives them', async () => {
    const asleep = (unit: units.PreparedUnit) => async () => (await names(unit.name)).join() === 'sleep';
    const { escapedName, clashingName, underscoredName, nestedSlice, aliased } = units;
    await running(escapedName, '/system.slice/my\\x20app-with\\x20space.service', asleep(escapedName));
    await running(clashingName, '/system.slice/_cpu.service', asleep(clashingName));
    await running(underscoredName, '/system.slice/__under.service', asleep(underscoredName));
    await running(nestedSlice, '/a.slice/a-b.slice/nested.service', asleep(nestedSlice));
    await running(aliased, '/system.slice/web.service', asleep(aliased));
    assert.equal(
      readlinkSync(path.join(lab.fileRoot, 'etc/systemd/system/web-alias.service')),
      '/etc/systemd/system/web.service',
    );
    await services.startUserUnit(lab, 'mine.service', ['sleep', 'infinity']);
    const folder = path.join(
      lab.cgroupRoot,
      'user.slice/user-1000.slice/user@1000.service/app.slice/mine.service',
    );
    assert.equal(readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n').length, 2);
  });

  test('runs a unit of another user', () =>
    running(units.otherUser, '/system.slice/nobody.service', async () => {
      const pids = await lab.processesOf(units.otherUser.name);
      return pids.length === 3 && pids.every((pid) => statSync(`/proc/${pid}/io`).uid === 65534);
    }));

  test('runs processes with hostile names', () =>
    running(units.hostileNames, '/system.slice/hostile.service', async () => {
      const wanted = ['names', ...units.HOSTILE_NAMES.map((name) => name.toString('latin1'))].sort();
      return (await names(units.hostileNames.name)).join('\0') === wanted.join('\0');
    }));

  test('runs a burner that uses the given CPU', () =>
    running(units.burner(300), '/system.slice/burner.service', async () => {
      const cgroup = (await lab.cgroupOf('burner.service'))!;
      const { cpuSeconds, processes } = await readUnit(cgroup);
      return cpuSeconds > 0.3 && cpuSeconds < 0.45 && [...processes.values()][0]!.state === 'S';
    }));

  test('runs a writer whose children write a known number of bytes to a disk', () =>
    running(units.writer(4, 8), '/system.slice/writer.service', async () => {
      if ((await names('writer.service')).join() !== 'sleep') return false;
      const bytes = (await readProcess((await lab.mainPid('writer.service'))!))!.diskBytes;
      assert.ok(bytes >= 32 << 20 && bytes < (32 << 20) * 1.05, `${bytes} bytes`);
      return true;
    }));

  test('runs units whose CPU is used by short-lived processes', async () => {
    for (const unit of [units.compileLoop, units.storm]) {
      const used = await usedBy(unit, ({ cpuSeconds }) => cpuSeconds > 0.3);
      const own = used.processes.reduce((sum, one) => sum + one.ownCpuSeconds, 0);
      assert.ok(
        own < used.cpuSeconds * 0.7,
        `${unit.name}: ${own} of ${used.cpuSeconds} s in live processes`,
      );
    }
  });

  test('runs children that no process of their unit reaps', async () => {
    for (const unit of [units.deafParent, units.doubleFork]) {
      const used = await usedBy(unit, ({ cpuSeconds }) => cpuSeconds > 0.15);
      const booked = used.processes.reduce((sum, one) => sum + one.ownCpuSeconds + one.reapedCpuSeconds, 0);
      assert.ok(
        booked < used.cpuSeconds * 0.7,
        `${unit.name}: ${booked} of ${used.cpuSeconds} s left in the unit`,
      );
    }
  });

  test('runs a foreman that reaps processes of another unit', async () => {
    await units.startPrepared(lab, units.burner(10));
    const reapedOf = (used: UsedTruth) => used.processes.reduce((sum, one) => sum + one.reapedCpuSeconds, 0);
    const used = await usedBy(units.foreman, (sofar) => reapedOf(sofar) > 0.2);
    assert.ok(reapedOf(used) > used.cpuSeconds, `${reapedOf(used)} s reaped, ${used.cpuSeconds} s used`);
    await lab.stopUnit('burner.service');
  });

  test('runs 200 processes that each do very little', async () => {
    const used = await usedBy(
      units.pulses,
      ({ cpuSeconds, processes }) => cpuSeconds > 0.1 && processes.length > 200,
    );
    assert.equal(used.processes.length, 201);
  });

  test('runs a unit that crashes and restarts repeatedly', async () => {
    await units.startPrepared(lab, units.crashLoop);
    await until(
      async () => Number(await lab.property(units.crashLoop.name, 'NRestarts')) >= 3,
      'three restarts',
    );
    await lab.stopUnit(units.crashLoop.name);
  });

  test('runs transient units', async () => {
    await lab.systemdRun('transient.service', ['Slice=a-b.slice'], ['sleep', 'infinity']);
    assert.equal(below(await lab.cgroupOf('transient.service')), '/a.slice/a-b.slice/transient.service');
    await lab.stopUnit('transient.service');
  });

  test("has a container's unit of the same name that is not the host's", async () => {
    const decoy = services.startContainerDecoy(lab);
    const directory = path.join(lab.cgroupRoot, 'docker/abc/system.slice/nginx.service');
    const procs = () => readFileSync(path.join(directory, 'cgroup.procs'), 'utf8').trim();
    await until(async () => procs() !== '' && procs() === String(decoy.pid()), 'the decoy in its cgroup');
    assert.ok(!(await lab.processesOf('nginx.service')).includes(decoy.pid()!));
    decoy.signal('SIGKILL');
    await decoy.finished;
  });

  test("runs a program as on the lab's own machine, and passes its signals and exit code", async () => {
    const script = `process.on('SIGTERM', () => process.exit(7));
      setInterval(() => {}, 1000);
      console.log(readFileSync('/proc/1/comm', 'utf8') + /^0::.*/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))[0]);`;
    const program = startProgram(
      onHost(lab, [NODE_INSIDE, '-e', `const { readFileSync } = require('fs'); ${script}`]),
    );
    await new Promise((resolve) => program.child.stdout!.once('data', resolve));
    program.signal('SIGTERM');
    const { code, stdout } = await program.finished;
    assert.equal(stdout.trim(), 'systemd\n0::/user.slice/user-0.slice/session-1.scope');
    assert.equal(code, 7);
  });

  test('runs a program as in a sidecar: private cgroup namespace, few capabilities, mounts of its own', async () => {
    const script = `grep ^0 ${SIDECAR_PROC_ROOT}/1/cgroup; grep CapEff ${SIDECAR_PROC_ROOT}/self/status
      cd ${SIDECAR_CGROUP_ROOT}; ls -d system.slice; echo 0 >system.slice/cgroup.procs`;
    const { stdout, stderr } = await startProgram(asSidecar(lab, ['sh', '-c', script])).finished;
    assert.equal(stdout, '0::/../../../init.scope\nCapEff:\t0000000000080004\nsystem.slice\n');
    assert.match(stderr, /Read-only file system/);
  });

  test('leaves no process, mount, cgroup or file behind', async () => {
    const second = await bootSystemd();
    await second.startUnit('nginx.service');
    assert.ok(second.processes().length > 4);
    await second.stop();
    assert.deepEqual(second.processes(), []);
    assert.equal(existsSync(second.cgroupRoot), false);
    assert.equal(existsSync(runningFolder(second)), false);
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(path.basename(second.cgroupRoot)));
  });

  // Boots of other test files, at the same time, remove the remainder as well.
  test('ends with its creator if that is killed, and nothing remains after the next boot', async () => {
    const module = path.join(import.meta.dirname, 'lab.ts');
    const script = `const { bootSystemd } = await import(${JSON.stringify(module)});
      const { cgroupRoot, managerPid } = await bootSystemd();
      console.log(JSON.stringify({ cgroupRoot, managerPid }));
      process.kill(process.pid, 'SIGKILL');`;
    const { stdout } = await runCommand([process.execPath, '--input-type=module', '-e', script]);
    const killed = JSON.parse(stdout) as SystemdLab;
    await until(async () => !existsSync(`/proc/${killed.managerPid}/ns`), 'the end of its manager');
    await (await bootSystemd()).stop();
    assert.equal(existsSync(killed.cgroupRoot), false);
    assert.equal(existsSync(runningFolder(killed)), false);
  });
});

function runningFolder(lab: SystemdLab): string {
  return path.join(cacheFolder(), 'running', path.basename(lab.cgroupRoot));
}

/** Waits until something is so, which it is bound to be soon; fails after 10 s. */
async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) assert.fail(`never seen: ${what}`);
    await sleep(20);
  }
}
