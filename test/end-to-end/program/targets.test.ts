import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RunUnit } from '../../../src/ledger/document/run-document.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { NODE_INSIDE, onHost, type RunningProgram } from '../systemd/programs.ts';
import * as services from '../systemd/services.ts';
import * as units from '../systemd/units.ts';
import { readCpuSeconds, readProcess, readUnit } from '../truth.ts';
import {
  assertNear,
  documentOf,
  logOf,
  remarksOf,
  rowOf,
  runUnitledger,
  startUnitledger,
  unitOf,
  until,
} from './unitledger.ts';

const SHORT = ['--duration', '0.7', '--interval', '0.2', '--summary', 'json'];

describe('unitledger finds its targets', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let postgresql: string;
  let decoy: RunningProgram;

  const prepared = [
    units.delegated,
    units.escapedName,
    units.clashingName,
    units.underscoredName,
    units.otherUser,
    units.nestedSlice,
    units.aliased,
  ];

  before(
    async () => {
      lab = await bootSystemd();
      await units.installPayload(lab);
      // Its workers would come and go.
      const quiet = 'for d in /etc/postgresql/*/main/conf.d; do echo "autovacuum = off" >$d/quiet.conf; done';
      await lab.output(['sh', '-c', quiet]);
      postgresql = await services.startPostgresql(lab);
      await services.startNginx(lab);
      await services.startUserUnit(lab, 'mine.service', ['sleep', 'infinity']);
      for (const unit of prepared) await units.startPrepared(lab, unit);
      await until(
        async () => (await lab.processesOf(units.delegated.name)).length === 8,
        () => 'the processes of the delegated unit',
      );
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
  const cgroupOf = async (unit: string) => (await lab.cgroupOf(unit)) ?? assert.fail(`${unit} has no cgroup`);

  /** Who lives at the end of a run is who is in the cgroup. */
  async function assertSameProcesses(unit: RunUnit, directory: string): Promise<void> {
    const { processes } = await readUnit(directory);
    assert.ok(processes.size > 0, directory);
    assert.deepEqual(
      unit.processes
        .filter(({ endedAt }) => endedAt === null)
        .map(({ pid, name, ppid }) => [pid, name, ppid])
        .sort(),
      [...processes.values()].map(({ pid, comm, ppid }) => [pid, comm.toString(), ppid]).sort(),
    );
  }

  test('a unit that only a user manager has is suggested before the run begins', async () => {
    for (const asked of ['mine', 'mi*']) {
      const ended = await runUnitledger(inLab(...SHORT, '--service', asked));
      assert.equal(ended.code, 1, ended.stderr);
      const lines = logOf(ended.stderr).map(({ msg }) => msg);
      const name = `${asked}.service`;
      const suggestion = `${name} is not active in the system manager; did you mean user@1000.service/${name}?`;
      const at = lines.indexOf(suggestion);
      assert.ok(at !== -1 && at < lines.findIndex((line) => line.startsWith('following ')), ended.stderr);
    }
  });

  test('the domain cgroup of a threaded cgroup is named', async () => {
    await lab.systemdRun('threads.service', ['Delegate=yes'], ['sleep', '1000']);
    const directory = await cgroupOf('threads.service');
    mkdirSync(join(directory, 'leaf'));
    writeFileSync(join(directory, 'leaf/cgroup.type'), 'threaded');
    const unit = directory.slice(lab.cgroupRoot.length);
    const ended = await runUnitledger(inLab(...SHORT, '--cgroup', `${unit}/leaf`));
    assert.equal(ended.code, 1, ended.stderr);
    const [threaded] = remarksOf(ended.stderr);
    assert.match(threaded!, new RegExp(`${unit}/leaf is threaded.*; track that: --cgroup ${unit}\\.$`));
    await lab.stopUnit('threads.service');
  });

  test('many units in one run, each with its own processes and no others', async () => {
    const names = [postgresql, 'nginx.service', ...prepared.map(({ name }) => name)];
    // As people name them: with and without the suffix.
    const flags = names.flatMap((name, at) => [
      at % 2 === 0 ? '--service' : '--unit',
      at % 3 === 0 ? name : name.replace(/\.service$/, ''),
    ]);
    const ended = await runUnitledger(inLab(...SHORT, ...flags));
    const document = documentOf(ended);
    assert.deepEqual(
      document.units.map(({ unit }) => unit),
      names,
    );
    for (const name of names) {
      const unit = unitOf(document, name);
      const directory = await cgroupOf(name);
      await assertSameProcesses(unit, directory);
      assert.equal(unit.cgroup, directory.slice(lab.cgroupRoot.length));
      assert.equal(unit.instances, 1);
      assert.notEqual(unit.cpu.totalSeconds, null);
    }
    assert.deepEqual(remarksOf(ended.stderr), []);
  });

  test("processes of a delegated unit's sub-cgroups are the unit's, whatever the names of those", async () => {
    const ended = await runUnitledger(inLab(...SHORT, '--service', 'delegated', '--service', 'b'));
    const [delegated, b] = documentOf(ended).units;
    assert.equal(delegated!.processes.length, 8);
    assert.ok(delegated!.cpu.coverage! > 0.9, JSON.stringify(delegated!.cpu));
    assert.equal(b!.unit, 'b.service');
    assert.deepEqual([b!.instances, b!.processes.length], [0, 0]);
  });

  test("a container's unit of the same name is not the host's", async () => {
    const ended = await runUnitledger(inLab(...SHORT, '--service', 'nginx'));
    const nginx = unitOf(documentOf(ended), 'nginx.service');
    assert.ok(!nginx.processes.some(({ pid }) => pid === decoy.pid()));
    await assertSameProcesses(nginx, await cgroupOf('nginx.service'));
  });

  test('the bytes of a unit of another user', async () => {
    const ended = await runUnitledger(inLab(...SHORT, '--service', 'nobody'));
    const nobody = unitOf(documentOf(ended), 'nobody.service');
    assert.equal(nobody.processes.length, 3);
    for (const row of nobody.processes) {
      assert.notEqual(row.diskBytes, null);
      assert.notEqual(row.transferBytes, null);
      assert.notEqual(row.diskBytesPerSecond, null);
    }
  });

  test("a user's manager, with all units below it", async () => {
    const name = 'user@1000.service';
    const unit = unitOf(documentOf(await runUnitledger(inLab(...SHORT, '--service', name))), name);
    await assertSameProcesses(unit, await cgroupOf(name));
    assert.ok(unit.processes.some((row) => row.name === 'sleep'));
  });

  test("a unit of a user's manager", async () => {
    const name = 'user@1000.service/mine.service';
    const unit = unitOf(documentOf(await runUnitledger(inLab(...SHORT, '--service', name))), name);
    assert.deepEqual(
      unit.processes.map((row) => row.name),
      ['sleep'],
    );
    assert.equal(unit.cgroup, '/user.slice/user-1000.slice/user@1000.service/app.slice/mine.service');
  });

  test('a cgroup by its path', async () => {
    const path = '/system.slice/nginx.service';
    const [unit] = documentOf(await runUnitledger(inLab(...SHORT, '--cgroup', path))).units;
    assert.equal(unit!.cgroup, path);
    await assertSameProcesses(unit!, await cgroupOf('nginx.service'));
  });

  test('a slice, with everything below it', async () => {
    const [unit] = documentOf(await runUnitledger(inLab(...SHORT, '--service', 'a.slice'))).units;
    assert.deepEqual(
      unit!.processes.map(({ pid }) => pid),
      await lab.processesOf(units.nestedSlice.name),
    );
  });

  test('a process with its descendants', async () => {
    const main = (await lab.mainPid(postgresql))!;
    const [unit] = documentOf(await runUnitledger(inLab(...SHORT, '--pid', String(main)))).units;
    assert.equal(unit!.unit, `pid:${main}`);
    assert.equal(unit!.processes[0]!.pid, main);
    await assertSameProcesses(unit!, await cgroupOf(postgresql));
    assert.equal(unit!.cpu.totalSeconds, null);
    assert.equal(unit!.cpu.coverage, null);
  });

  test('a unit by its alias, under its real name', async () => {
    const start = { by: (command: readonly string[]) => onHost(lab, command), node: NODE_INSIDE };
    const ended = await runUnitledger([...SHORT, '--service', 'web-alias'], start);
    const unit = unitOf(documentOf(ended), 'web.service');
    const pids = await lab.processesOf('web.service');
    assert.deepEqual(
      unit.processes.map(({ pid, name }) => [pid, name]),
      pids.map((pid) => [lab.insidePid(pid), 'sleep']),
    );
    assert.deepEqual(remarksOf(ended.stderr), [
      'web-alias.service is an alias of web.service, and is tracked under that name.',
    ]);
  });

  test('an active unit without a process is absent, and suggestions are printed', async () => {
    const start = { by: (command: readonly string[]) => onHost(lab, command), node: NODE_INSIDE };
    const ended = await runUnitledger([...SHORT, '--service', 'postgresql'], start);
    const [unit] = documentOf(ended, 1).units;
    assert.deepEqual([unit!.unit, unit!.cgroup, unit!.instances], ['postgresql.service', null, 0]);
    assert.deepEqual(unit!.processes, []);
    assert.equal(unit!.cpu.totalSeconds, null);
    const [remark, ...more] = remarksOf(ended.stderr);
    assert.deepEqual(more, []);
    assert.match(remark!, /^No matching process data collected\./);
    assert.match(remark!, /postgresql\.service: no cgroup below .* has this name/);
    assert.ok(remark!.includes(postgresql), remark);
    assert.match(remark!, /hostPID/);
  });

  test('an absent target next to an existing one is shown as absent, and is no failure', async () => {
    const ended = await runUnitledger(
      inLab('--duration', '0.5', '--service', 'postgresql', '--service', 'nginx'),
    );
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /^postgresql\.service\n {2}not found in this run/m);
    assert.match(ended.stdout, /^nginx\.service\n {2}cgroup \/system\.slice\/nginx\.service, 1 instance/m);
  });

  test('a missing process', async () => {
    const ended = await runUnitledger(inLab(...SHORT, '--pid', '4194304'));
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /No matching process data collected.*PID 4194304: not found/s);
  });

  test('waits for a unit that does not exist yet, and has its values from its birth', async () => {
    const name = 'late.service';
    const program = startUnitledger(inLab('--summary', 'json', '--service', 'nginx', '--service', name));
    await program.watches((await lab.mainPid('nginx.service'))!);
    await units.startPrepared(lab, units.burner(300, name));
    const main = (await lab.mainPid(name))!;
    await program.watches(main);
    await until(
      async () => (await readProcess(main))!.state === 'S',
      () => 'the end of its work',
    );
    const truth = {
      own: (await readProcess(main))!.ownCpuSeconds,
      all: await readCpuSeconds(await cgroupOf(name)),
    };
    program.signal('SIGINT');
    const document = documentOf(await program.ended);
    await lab.stopUnit(name);
    const unit = unitOf(document, name);
    const row = rowOf(unit, main);
    assert.equal(unit.instances, 1);
    assertNear(unit.cpu.totalSeconds!, truth.all, truth.all * 0.02, 'total');
    assertNear(row.cpuSeconds, truth.own, 0.02, 'CPU of its process');
    assert.ok(row.cpuSeconds >= 0.3, `${row.cpuSeconds} s`);
    const { avg } = row.cpuPercent!;
    assertNear((avg / 100) * row.livedSeconds!, row.cpuSeconds, row.cpuSeconds * 0.05, 'mean over its life');
  });

  test('continues with a unit that is restarted', async () => {
    const program = startUnitledger(inLab('--summary', 'json', '--service', 'nginx'));
    const first = (await lab.mainPid('nginx.service'))!;
    await program.watches(first);
    await lab.restartUnit('nginx.service');
    const second = (await lab.mainPid('nginx.service'))!;
    await program.watches(second);
    program.signal('SIGTERM');
    const unit = unitOf(documentOf(await program.ended), 'nginx.service');
    assert.equal(unit.instances, 2);
    assert.notEqual(rowOf(unit, first).endedAt, null);
    assert.equal(rowOf(unit, second).endedAt, null);
    await assertSameProcesses(unit, await cgroupOf('nginx.service'));
    // It was born while its unit was watched.
    assert.notEqual(rowOf(unit, second).cpuPercent, null);
  });

  test('keeps the usage of a unit that ends before the run does', async () => {
    const name = 'brief.service';
    await units.startPrepared(lab, units.burner(50, name));
    const main = (await lab.mainPid(name))!;
    const program = startUnitledger(inLab('--summary', 'json', '--interval', '0.1', '--service', name));
    await program.watches(main);
    await lab.stopUnit(name);
    await until(
      async () => (await lab.cgroupOf(name)) === undefined,
      () => 'the end of the unit',
    );
    program.signal('SIGINT');
    const unit = unitOf(documentOf(await program.ended), name);
    assert.equal(unit.instances, 1);
    assert.ok(rowOf(unit, main).samples >= 1);
  });
});
