import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDocument, RunUnit } from '../../../src/ledger/document/run-document.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import type { RunningProgram } from '../systemd/programs.ts';
import * as services from '../systemd/services.ts';
import * as units from '../systemd/units.ts';
import { readCpuSeconds } from '../truth.ts';
import {
  assertNear,
  documentOf,
  type Running,
  remarksOf,
  runUnitledger,
  startUnitledger,
  unitOf,
  until,
} from './unitledger.ts';

const SHORT = ['--duration', '0.7', '--interval', '0.2', '--summary', 'json'];
const TEMPLATE = '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\n';

describe('unitledger tracks units that come and go', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let decoy: RunningProgram;

  before(
    async () => {
      lab = await bootSystemd();
      await units.installPayload(lab);
      await lab.writeUnit('w@.service', TEMPLATE);
      await services.startNginx(lab);
      await services.startUserUnit(lab, 'mine.service', ['sleep', 'infinity']);
      decoy = services.startContainerDecoy(lab);
      await until(
        () => decoy.pid() !== undefined,
        () => 'the decoy',
      );
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  const inLab = (...args: readonly string[]) => ['--cgroup-root', lab.cgroupRoot, ...args];
  const track = async (...args: readonly string[]) =>
    documentOf(await runUnitledger(inLab(...SHORT, ...args)));
  const namesIn = ({ units }: RunDocument) => units.map(({ unit }) => unit);
  const pidsOf = ({ processes }: RunUnit) => processes.map(({ pid }) => pid).sort();

  /** The services of the host that have a cgroup, by the tree itself. */
  function servicesThere(slice = ''): string[] {
    const entries = readdirSync(path.join(lab.cgroupRoot, slice), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) =>
        name.endsWith('.slice')
          ? servicesThere(path.join(slice, name))
          : name.endsWith('.service')
            ? [name]
            : [],
      )
      .sort();
  }

  async function startInstances(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) await lab.startUnit(`w@${number}.service`);
  }

  test('instances of a template are matched as they come and go', async () => {
    await startInstances(1, 2);
    const program = startUnitledger(inLab('--interval', '0.1', '--summary', 'json', '--service', 'w@*'));
    await program.watches((await lab.mainPid('w@1.service'))!);
    await startInstances(3);
    await program.watches((await lab.mainPid('w@3.service'))!);
    const pids = await Promise.all([1, 2, 3].map((n) => lab.processesOf(`w@${n}.service`)));
    await lab.stopUnit('w@1.service');
    await lab.restartUnit('w@2.service');
    const again = (await lab.mainPid('w@2.service'))!;
    await program.watches(again);
    program.signal('SIGINT');
    const document = documentOf(await program.ended);
    for (const n of [2, 3]) await lab.stopUnit(`w@${n}.service`);
    // Two cgroups ended at about one time: on a busy machine their last microseconds cannot be told apart.
    const rest = document.units.filter(({ unit }) => unit === '(other units of w@*.service)');
    for (const { cpu } of rest) assert.ok(cpu.totalSeconds! < 0.05, `${cpu.totalSeconds} s`);
    assert.deepEqual(
      namesIn(document).filter((name) => !name.startsWith('(')),
      ['w@1.service', 'w@2.service', 'w@3.service'],
    );
    const [one, two, three] = document.units;
    assert.deepEqual([one!, three!].map(pidsOf), [pids[0], pids[2]]);
    assert.deepEqual(pidsOf(two!), [...pids[1]!, again].sort());
    assert.deepEqual([one!.instances, two!.instances, three!.instances], [1, 2, 1]);
    assert.notEqual(one!.processes[0]!.endedAt, null);
    assert.equal(three!.processes[0]!.endedAt, null);
  });

  test('*.service is every service of the host, and none of a container’s or a user’s', async () => {
    const document = await track('--service', '*.service');
    assert.deepEqual(namesIn(document).sort(), servicesThere());
    assert.ok(namesIn(document).includes('user@1000.service'));
    for (const unit of document.units) {
      assert.ok(!unit.processes.some(({ pid }) => pid === decoy.pid()));
      const directory = path.join(lab.cgroupRoot, unit.cgroup!);
      assert.ok(existsSync(directory), directory);
      assert.equal(path.basename(directory), unit.unit);
    }
    assert.deepEqual(
      pidsOf(unitOf(document, 'nginx.service')),
      (await lab.processesOf('nginx.service')).sort(),
    );
  });

  test('units of a user’s manager, by name and by pattern', async () => {
    const one = await track('--service', 'user@1000.service/mine');
    assert.deepEqual(namesIn(one), ['user@1000.service/mine.service']);
    assert.equal(
      one.units[0]!.cgroup,
      '/user.slice/user-1000.slice/user@1000.service/app.slice/mine.service',
    );
    assert.deepEqual(
      one.units[0]!.processes.map(({ name, subCgroup }) => [name, subCgroup]),
      [['sleep', null]],
    );
    const all = await track('--unit', 'user@*.service/m*.service');
    assert.deepEqual(
      all.units[0]!.processes.map(({ pid }) => pid),
      pidsOf(one.units[0]!),
    );
    assert.deepEqual(namesIn(all), namesIn(one));
    const slices = await track('--unit', 'user-*.slice');
    assert.deepEqual(namesIn(slices), ['user-1000.slice']);
    assert.ok(slices.units[0]!.processes.some(({ pid }) => pid === one.units[0]!.processes[0]!.pid));
  });

  test('a unit that is requested by name and matched is one', async () => {
    const ended = await runUnitledger(
      inLab(...SHORT, '--service', 'ngin*', '--service', 'nginx', '--unit', 'n*'),
    );
    assert.deepEqual(namesIn(documentOf(ended)), ['nginx.service']);
    assert.deepEqual(remarksOf(ended.stderr), []);
  });

  test('a pattern without matches is awaited, and suggestions are printed at the end', async () => {
    await startInstances(1);
    const ended = await runUnitledger(inLab(...SHORT, '--service', 'ngnix*'));
    const document = documentOf(ended, 1);
    assert.deepEqual(
      document.units.map(({ unit, instances, cgroup }) => [unit, instances, cgroup]),
      [['ngnix*.service', 0, null]],
    );
    const [remark, ...more] = remarksOf(ended.stderr);
    assert.deepEqual(more, []);
    assert.match(remark!, /ngnix\*\.service: no cgroup below .* matches/);
    assert.match(remark!, /similar: nginx\.service/);
    await lab.stopUnit('w@1.service');
  });

  test('nested targets are booked separately and completely, which is logged once', async () => {
    await units.startPrepared(lab, units.storm);
    const cgroups = ['/system.slice', `/system.slice/${units.storm.name}`];
    const directories = cgroups.map((cgroup) => path.join(lab.cgroupRoot, cgroup));
    const before = await Promise.all(directories.map(readCpuSeconds));
    const args = ['--duration', '3', '--summary', 'json', '--service', 'system.slice', '--service', 'storm'];
    const ended = await runUnitledger(inLab(...args));
    const after = await Promise.all(directories.map(readCpuSeconds));
    await lab.stopUnit(units.storm.name);
    const [slice, storm] = documentOf(ended).units;
    assert.ok(storm!.cpu.totalSeconds! > 0.2, JSON.stringify(storm!.cpu));
    for (const [at, { unit, cpu }] of [slice!, storm!].entries()) {
      assert.ok(cpu.coverage! >= 0.98 && cpu.coverage! <= 1.02, `${unit} ${JSON.stringify(cpu)}`);
      assert.ok(cpu.totalSeconds! <= after[at]! - before[at]!, unit);
    }
    assert.ok(slice!.cpu.totalSeconds! >= storm!.cpu.totalSeconds! * 0.99);
    assert.deepEqual(remarksOf(ended.stderr), [
      'storm.service is part of system.slice, and both are tracked: each has its own totals, so a sum over both counts shared processes twice.',
    ]);
    // In the slice's books a process says in which of its units it is.
    const inStorm = slice!.processes.filter(({ subCgroup }) => subCgroup === '/storm.service');
    assert.ok(inStorm.length > 0);
    assert.ok(storm!.processes.every(({ subCgroup }) => subCgroup === null));
  });

  test('a process of a delegated unit is the unit’s, and has its sub-cgroup', async () => {
    await units.startPrepared(lab, units.delegated);
    await until(
      async () => (await lab.processesOf(units.delegated.name)).length === 8,
      () => 'the processes of the delegated unit',
    );
    const unit = unitOf(await track('--service', 'delegated'), units.delegated.name);
    await lab.stopUnit(units.delegated.name);
    const cgroups = new Set(unit.processes.map(({ subCgroup }) => subCgroup));
    for (const wanted of ['/supervisor', '/workers/a', '/workers/b.service', '/.hidden', '/.control']) {
      assert.ok(cgroups.has(wanted), `${wanted} among ${[...cgroups].join(', ')}`);
    }
  });

  for (const asked of ['moving', 'mov*']) {
    test(`a unit that moves to another slice is tracked there, requested as ${asked}`, async () => {
      const name = 'moving.service';
      await lab.writeUnit(name, TEMPLATE);
      await lab.startUnit(name);
      const program = startUnitledger(inLab('--summary', 'json', '--interval', '0.1', '--service', asked));
      const first = (await lab.mainPid(name))!;
      await program.watches(first);
      await lab.stopUnit(name);
      await lab.writeUnit(name, `${TEMPLATE}Slice=far-off.slice\n`);
      await lab.startUnit(name);
      const second = (await lab.mainPid(name))!;
      await program.watches(second);
      program.signal('SIGINT');
      const document = documentOf(await program.ended);
      await lab.stopUnit(name);
      const unit = unitOf(document, name);
      assert.equal(document.units.length, 1);
      assert.deepEqual([unit.cgroup, unit.instances], ['/far.slice/far-off.slice/moving.service', 2]);
      assert.deepEqual(
        unit.processes.map(({ pid }) => pid),
        [first, second],
      );
    });
  }

  test('a storm of restarts loses no unit and books nothing twice', async () => {
    const name = 'restarted.service';
    await units.startPrepared(lab, units.burner(15, name));
    const program = startUnitledger(inLab('--summary', 'json', '--interval', '0.1', '--service', 'resta*'));
    await program.watches((await lab.mainPid(name))!);
    const cgroup = (await lab.cgroupOf(name))!;
    const usedBefore = await readCpuSeconds(cgroup);
    await lab.output(['sh', '-c', `for i in $(seq 20); do systemctl restart ${name}; done`]);
    const last = (await lab.mainPid(name))!;
    await program.watches(last);
    await sleep(300);
    program.signal('SIGINT');
    const unit = unitOf(documentOf(await program.ended), name);
    await lab.stopUnit(name);
    assert.ok(unit.instances > 1 && unit.instances <= 21, `${unit.instances} instances`);
    assert.equal(unit.processes.at(-1)!.pid, last);
    const { totalSeconds, attributedSeconds, unattributed } = unit.cpu;
    // A life uses what the first one did, give or take.
    assert.ok(totalSeconds! < 21 * (usedBefore + 0.02), `${totalSeconds} s in 21 lives`);
    assert.ok(attributedSeconds <= totalSeconds! * 1.02 + 0.05, JSON.stringify(unit.cpu));
    const { reapedOutsideSeconds, unknownSeconds } = unattributed!;
    assertNear(
      attributedSeconds + reapedOutsideSeconds! + unknownSeconds,
      totalSeconds!,
      0.05,
      'all that was used',
    );
  });

  test('remaining processes of a stopped unit are the unit’s, and are booked once', async () => {
    const name = 'leaving.service';
    const command = "/bin/sh -c '/opt/lab/burn 30 & exec sleep infinity'";
    await lab.writeUnit(name, `[Service]\nExecStart=${command}\nKillMode=process\n`);
    await lab.startUnit(name);
    await until(
      async () => (await lab.processesOf(name)).length === 2,
      () => 'its processes',
    );
    const program = startUnitledger(inLab('--summary', 'json', '--interval', '0.1', '--service', 'leaving'));
    const first = (await lab.mainPid(name))!;
    await program.watches(first);
    const [left] = (await lab.processesOf(name)).filter((pid) => pid !== first);
    await lab.stopUnit(name);
    await sleep(300);
    await lab.startUnit(name);
    const second = (await lab.mainPid(name))!;
    await program.watches(second);
    await sleep(600);
    const used = await readCpuSeconds((await lab.cgroupOf(name))!);
    program.signal('SIGINT');
    const unit = unitOf(documentOf(await program.ended), name);
    await lab.output(['sh', '-c', `systemctl kill --signal=KILL ${name}; systemctl stop ${name}`]);
    // The directory was the same all the time, which is all that the cgroup tree tells; the manager's record is not seen.
    assert.equal(unit.instances, 1);
    assert.equal(unit.processes.find(({ pid }) => pid === left)?.endedAt, null);
    assert.notEqual(unit.processes.find(({ pid }) => pid === first)?.endedAt, null);
    assert.equal(unit.processes.length, 4);
    assert.ok(unit.cpu.totalSeconds! <= used, `${unit.cpu.totalSeconds} s of ${used} s`);
    assertNear(unit.cpu.attributedSeconds, unit.cpu.totalSeconds!, 0.04, 'attributed');
  });

  test('500 transient units come and go, and leave a name each, and no descriptor', async (t) => {
    const program = startUnitledger(
      inLab('--summary', 'json', '--interval', '0.1', '--service', '*.service', '--summary-rows', '50'),
    );
    await program.watches((await lab.mainPid('nginx.service'))!);
    await sleep(1000);
    const idle = descriptorsOf(program);
    let most = 0;
    let middleKilobytes = 0;
    const start = 'systemd-run --quiet --collect --unit=run-t$i.service sleep 0.5';
    for (const from of [1, 251]) {
      const storm = lab.output(['sh', '-c', `for i in $(seq ${from} ${from + 249}); do ${start}; done`]);
      let isOver = false;
      void storm.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        most = Math.max(most, descriptorsOf(program));
        await sleep(50);
      }
      await storm;
      if (from === 1) middleKilobytes = residentKilobytes(program);
    }
    await until(
      () => servicesThere().every((name) => !name.startsWith('run-t')),
      () => 'the end of the last',
    );
    await sleep(500);
    const [left, endKilobytes] = [descriptorsOf(program), residentKilobytes(program)];
    const ended = endedHeld(program);
    program.signal('SIGINT');
    const document = documentOf(await program.ended);
    const transient = document.units.filter(({ unit }) => unit.startsWith('run-t'));
    t.diagnostic(
      `${transient.length} of 500 units seen; descriptors: ${idle} idle, ${most} at most, ${left} in the end; ` +
        `resident: ${middleKilobytes} KiB in the middle, ${endKilobytes} KiB in the end`,
    );
    assert.ok(transient.length >= 480, `${transient.length} units`);
    assert.equal(new Set(namesIn(document)).size, document.units.length);
    for (const { unit, instances, processes, exited } of transient) {
      const count = processes.length + exited.reduce((sum, row) => sum + row.count, 0);
      assert.ok(instances === 1 && count <= 1, `${unit}: ${instances} instances, ${count} processes`);
    }
    // The limit is for each unit.
    const rows = transient.flatMap(({ processes }) => processes);
    assert.ok(rows.length >= 480, `${rows.length} rows of exited processes`);
    assert.ok(most > idle, `${most} descriptors, ${idle} when idle`);
    assert.deepEqual(ended, []);
    assert.ok(left <= idle + 5, `${left} descriptors, ${idle} before`);
    assert.ok(
      endKilobytes < middleKilobytes + 30_000,
      `${endKilobytes} KiB, ${middleKilobytes} in the middle`,
    );
  });
});

/** Descriptors that are held on anything but processes: those come and go with what the processes do. */
function descriptorsOf(program: Running): number {
  return pathsHeld(program).filter((path) => pidIn(path) === undefined).length;
}

/** PIDs, in the lab's own namespace, of processes that have ended, and on whose files descriptors are held. */
function endedHeld(program: Running): string[] {
  const pids = pathsHeld(program).flatMap((path) => pidIn(path) ?? []);
  return [...new Set(pids)].filter((pid) => !existsSync(`/proc/${program.pid()}/root/proc/${pid}`));
}

function pathsHeld(program: Running): string[] {
  const folder = `/proc/${program.pid()}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}

function pidIn(path: string): string | undefined {
  return /^\/proc\/(\d+)\//.exec(path)?.[1];
}

function residentKilobytes(program: Running): number {
  const status = readFileSync(`/proc/${program.pid()}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}
