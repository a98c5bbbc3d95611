import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { asSidecar, NODE_INSIDE, SIDECAR_CGROUP_ROOT, SIDECAR_PROC_ROOT } from '../systemd/programs.ts';
import * as units from '../systemd/units.ts';
import { assertTraced, CpuTrace, usedInSlice } from './cpu-trace.ts';
import { assertNear, documentOf, startUnitledger, unitOf, until } from './unitledger.ts';

describe('unitledger keeps what ended instances of units used', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await units.installPayload(lab);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  function traceOf(names: readonly string[]): Promise<CpuTrace> {
    return CpuTrace.start(() => usedInSlice(path.join(lab.cgroupRoot, 'system.slice'), names));
  }

  function follow(names: readonly string[], seconds: number) {
    const named = names.flatMap((name) => ['--service', name]);
    const times = ['--interval', '0.5', '--duration', String(seconds)];
    return startUnitledger(['--cgroup-root', lab.cgroupRoot, ...named, '--summary', 'json', ...times]);
  }

  test('books the last stretch of a unit that is stopped in the middle of its work', async () => {
    const name = 'busy.service';
    await lab.systemdRun(name, [], ['sh', '-c', 'while :; do :; done']);
    const trace = await traceOf([name]);
    const program = follow([name], 4);
    await program.watches((await lab.mainPid(name))!);
    // Between two samples, wherever they are.
    await sleep(1730);
    await lab.stopUnit(name);
    const document = documentOf(await program.ended);
    await trace.stop();
    const { cpu, instances, resources } = unitOf(document, name);
    const truth = trace.usedBetween(document.startedAt, document.endedAt);
    assert.ok(truth.least > 0.3, `it used ${truth.least} s`);
    assertTraced(cpu.totalSeconds!, truth, 0.02, 'total');
    assert.ok(cpu.attributedSeconds < cpu.totalSeconds! - 0.05, 'the last stretch is in no row');
    assert.equal(instances, 1);
    assert.equal(cpu.sharedSeconds, 0);
    // Pressure is there without any controller, the rest is not.
    assert.notEqual(resources?.pressure.cpu.someSeconds, null);
    assert.equal(resources?.memoryPeakBytes, null);
    assert.equal(resources?.disks, null);
  });

  test('takes nothing of one crash-looping unit for another’s, and shows what may be either’s', async () => {
    const stumbling = {
      name: 'stumbling.service',
      file: units.crashLoop.file
        .replace('RestartSec=150ms', 'RestartSec=1370ms')
        .replace('burn 20', 'burn 45'),
    };
    const names = [units.crashLoop.name, stumbling.name];
    for (const unit of [units.crashLoop, stumbling]) await units.startPrepared(lab, unit);
    const restarts = () =>
      Promise.all(names.map(async (name) => Number(await lab.property(name, 'NRestarts'))));
    const trace = await traceOf(names);
    const program = follow(names, 6);
    await program.says('following');
    const then = await restarts();
    const document = documentOf(await program.ended);
    const now = await restarts();
    await trace.stop();
    for (const name of names) await lab.stopUnit(name);
    const truth = trace.usedBetween(document.startedAt, document.endedAt);
    const found = names.map((name) => unitOf(document, name));
    const total = found.reduce((sum, { cpu }) => sum + cpu.totalSeconds!, 0);
    const shared = document.units.reduce((sum, { cpu }) => sum + cpu.sharedSeconds!, 0);
    const said = `total ${total} s, shared ${shared} s, of ${truth.least} to ${truth.most} s`;
    assert.ok(total <= truth.most * 1.02, said);
    assert.ok(total + shared >= truth.least * 0.98, said);
    for (const [at, { unit, instances }] of found.entries()) {
      assertNear(instances, now[at]! - then[at]!, 3, `instances of ${unit}`);
    }
  });

  test('counts a start in a directory that the unit kept for processes left over', async () => {
    const name = 'leaving.service';
    const script = 'sleep 1000 & exec sleep 2000';
    await lab.systemdRun(name, ['KillMode=process'], ['sh', '-c', script]);
    const roots = ['--proc-root', SIDECAR_PROC_ROOT, '--cgroup-root', SIDECAR_CGROUP_ROOT];
    const program = startUnitledger([...roots, '--service', name, '--summary', 'json', '--duration', '12'], {
      by: (command) => asSidecar(lab, command),
      node: NODE_INSIDE,
    });
    await program.says('following');
    await sleep(1000);
    const directory = await lab.cgroupOf(name);
    await lab.restartUnit(name);
    assert.equal(await lab.cgroupOf(name), directory);
    const main = lab.insidePid((await lab.mainPid(name))!);
    await until(
      async () => (await lab.processesOf(name)).length === 3,
      () => 'the process that was left over, and two more',
    );
    const unit = unitOf(documentOf(await program.ended), name);
    await lab.systemctl('kill', '--kill-whom=all', name);
    assert.equal(unit.instances, 2);
    assert.equal(unit.processes.filter(({ endedAt }) => endedAt === null).length, 3);
    assert.ok(unit.processes.some(({ pid }) => pid === main));
  });
});
