import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TargetRequest } from '../../src/discovery/targets/targets.ts';
import { canMakeCgroups, RealCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';
import { Run } from './real-run.ts';

const onRealKernel = skipUnless(canMakeCgroups());

const unit = (name: string): TargetRequest => ({ kind: 'unit', name });
const SPIN = 'i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done';

test(
  'a process that moves between cgroups of its unit keeps its row; its series keep their first path',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    for (const name of ['a', 'b']) cgroups.make(`/system.slice/moved.service/${name}`);
    const pid = await cgroups.sleeper('/system.slice/moved.service');
    const run = new Run(t, cgroups, [unit('moved.service')]);
    const paths = [];
    run.tick();
    for (const name of ['a', 'b']) {
      cgroups.move(`/system.slice/moved.service/${name}`, pid);
      run.tick();
      const [window] = run.window().units;
      paths.push(window!.processes.map(({ process }) => process.subCgroup));
    }
    assert.deepEqual(paths, [['/a'], ['/a']]);
    const [moved] = run.units();
    assert.deepEqual(
      moved!.processes.map((row) => [row.pid, row.subCgroup]),
      [[pid, '/b']],
    );
  },
);

test(
  'a process that executes another program has series of that name from then on, and its usage is in both, once',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make('/system.slice/exec.service');
    const go = join(tmpdir(), `unitledger-exec-${process.pid}`);
    t.after(() => rmSync(go, { force: true }));
    const script = `while [ ! -e ${go} ]; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; done; exec sleep 1000`;
    const pid = cgroups.shell('/system.slice/exec.service', script);
    await until(() => cgroups.pids('/system.slice/exec.service').includes(pid), 'the process');
    const run = new Run(t, cgroups, [unit('exec.service')]);
    const windows = [];
    run.tick();
    for (let i = 0; i < 4; i++) {
      if (i === 2) {
        writeFileSync(go, '');
        await until(() => commOf(pid) === 'sleep', 'the other program');
      } else {
        const before = run.ledger.units[0]!.totalSeconds;
        await until(() => {
          run.tick();
          return i === 3 || run.ledger.units[0]!.totalSeconds > before + 0.02;
        }, 'some work');
      }
      run.tick();
      const [window] = run.window().units;
      windows.push(window!);
    }
    const names = windows.map(({ processes }) => processes.map(({ process }) => process.executable));
    const [before] = names[0]!;
    assert.deepEqual(names, [[before], [before], ['sleep'], ['sleep']]);
    const series = windows.map(({ processes }) => processes[0]!);
    assert.notEqual(series[1]!.process, series[2]!.process);
    assert.equal(series[2]!.process, series[3]!.process);
    const cpuOf = (own: (typeof series)[number]) => own.userSeconds! + own.systemSeconds!;
    const [account] = run.ledger.accounts.filter((each) => each !== undefined);
    assert.ok(Math.abs(cpuOf(series[1]!) + cpuOf(series[3]!) - account!.cpuSeconds) < 1e-6);
    assert.ok(cpuOf(series[1]!) >= 0.02);
  },
);

test('nested targets each book all their usage', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  for (const name of ['inner', 'other']) cgroups.make(`/system.slice/${name}.service`);
  await cgroups.sleeper('/system.slice/inner.service');
  const run = new Run(t, cgroups, [unit('system.slice'), unit('inner.service')]);
  run.tick();
  for (const name of ['inner', 'other']) {
    cgroups.shell(`/system.slice/${name}.service`, `${SPIN}; exec sleep 1000`);
  }
  const sleepers = (name: string) =>
    cgroups.pids(`/system.slice/${name}.service`).filter((pid) => commOf(pid) === 'sleep').length;
  await until(() => sleepers('inner') === 2 && sleepers('other') === 1, 'the end of their work');
  run.tick();
  run.tick();
  const [slice, inner] = run.units();
  for (const { unit, cpu } of [slice!, inner!]) {
    assert.ok(cpu.totalSeconds! > 0.01, unit);
    assert.ok(Math.abs(cpu.attributedSeconds - cpu.totalSeconds!) < 0.03, `${unit} ${JSON.stringify(cpu)}`);
  }
  assert.deepEqual([slice!.processes.length, inner!.processes.length], [3, 2]);
  assert.ok(slice!.cpu.totalSeconds! > inner!.cpu.totalSeconds! * 1.2);
});

test('nothing of an ended unit is held, not even unreaped processes', onRealKernel, async (t) => {
  const cgroups = new RealCgroups(t);
  cgroups.make('/system.slice/left.service');
  cgroups.make('/outside');
  const join = `echo 0 > ${cgroups.root}/system.slice/left.service/cgroup.procs`;
  // A sleep waits for no child, so its own is never reaped.
  cgroups.shell('/outside', `(${join} && exec sleep 0.4) & exec sleep 1000`);
  await until(() => cgroups.pids('/system.slice/left.service').length === 1, 'the process');
  const [pid] = cgroups.pids('/system.slice/left.service');
  const run = new Run(t, cgroups, [unit('left.service')]);
  run.tick();
  assert.equal(run.sampler.trackedProcesses, 1);
  await until(() => / \(sleep\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')), 'its end');
  rmdirSync(`${cgroups.root}/system.slice/left.service`);
  for (let i = 0; i < 5; i++) run.tick();
  assert.equal(run.sampler.trackedProcesses, 1, 'somebody may wait for it yet');
  for (let i = 0; i < 20; i++) run.tick();
  assert.equal(run.sampler.trackedProcesses, 0);
  assert.deepEqual(heldOf(pid!), []);
  assert.equal(run.units()[0]!.processes.length, 1);
});

test(
  'a unit of a pattern is tracked from its birth, and its places are those of the pattern',
  onRealKernel,
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make('/system.slice');
    const run = new Run(t, cgroups, [{ kind: 'units', pattern: 'run-*' }]);
    run.tick();
    const used = new Map<string, number>();
    for (const n of [1, 2, 3]) {
      const path = `/system.slice/run-${n}.service`;
      cgroups.make(path);
      cgroups.shell(path, `${SPIN}; exec sleep 1000`);
      await until(() => cgroups.pids(path).some((pid) => commOf(pid) === 'sleep'), 'the end of its work');
      run.tick();
      const cpu = readFileSync(`${cgroups.root}${path}/cpu.stat`, 'utf8');
      used.set(`run-${n}.service`, Number(/^usage_usec (\d+)$/m.exec(cpu)?.[1]) / 1e6);
      await cgroups.remove(path);
      run.tick();
    }
    const units = run.units();
    assert.deepEqual(
      units.map(({ unit }) => unit),
      [...used.keys()],
    );
    for (const { unit, cpu, processes, instances } of units) {
      assert.ok(
        Math.abs(cpu.totalSeconds! - used.get(unit)!) < 0.005,
        `${cpu.totalSeconds} s of ${used.get(unit)}`,
      );
      // What its shell used before it moved into the cgroup is in its clock, and not in the cgroup's counter.
      assert.ok(Math.abs(cpu.attributedSeconds - cpu.totalSeconds!) < 0.02, `${unit} ${JSON.stringify(cpu)}`);
      assert.deepEqual([instances, processes.length], [1, 1]);
    }
  },
);

function commOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    // Ended meanwhile.
    return '';
  }
}

function heldOf(pid: number): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(`/proc/${pid}/`) ? [path] : [];
    } catch {
      // The descriptor that listed the directory is gone by now.
      return [];
    }
  });
}
