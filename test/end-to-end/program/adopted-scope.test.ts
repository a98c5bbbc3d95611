import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import * as units from '../systemd/units.ts';
import { readCpuSeconds } from '../truth.ts';
import { documentOf, startUnitledger, unitOf } from './unitledger.ts';

describe('a scope that adopts a running process', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await units.installPayload(lab);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  test('is booked the usage of the process in the scope, and nothing from before', async () => {
    const scope = 'adopted.scope';
    const donor = 'donor.service';
    const args = ['--unit', donor, '--unit', scope, '--interval', '0.3', '--summary', 'json'];
    const run = startUnitledger([...args, '--cgroup-root', lab.cgroupRoot]);
    await run.says('following');
    await lab.systemdRun(donor, [], ['/bin/sh', '-c', 'while :; do :; done']);
    await sleep(700);
    const pid = await lab.property(donor, 'MainPID');
    const past = await readCpuSeconds(path.join(lab.cgroupRoot, 'system.slice', donor));
    await lab.output([
      ...['busctl', 'call', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1'],
      ...['org.freedesktop.systemd1.Manager', 'StartTransientUnit', 'ssa(sv)a(sa(sv))'],
      ...[scope, 'fail', '1', 'PIDs', 'au', '1', pid, '0'],
    ]);
    await sleep(1200);
    const truth = await readCpuSeconds(path.join(lab.cgroupRoot, 'system.slice', scope));
    run.signal('SIGINT');
    const document = documentOf(await run.ended);
    const adopted = unitOf(document, scope).cpu;
    const given = unitOf(document, donor).cpu;
    assert.ok(past > 0.2 && truth > 0.2, `${past} s before, ${truth} s after`);
    assert.ok(adopted.attributedSeconds <= adopted.totalSeconds! + 1e-3, JSON.stringify(adopted));
    assert.ok(adopted.totalSeconds! >= 0.95 * truth, JSON.stringify({ adopted, truth }));
    // What it used in the scope before the first sample there is unattributed.
    assert.ok(adopted.attributedSeconds >= 0.5 * truth, JSON.stringify({ adopted, truth }));
    assert.ok(given.totalSeconds! >= 0.9 * past, JSON.stringify({ given, past }));
    const both = given.attributedSeconds + adopted.attributedSeconds;
    assert.ok(both <= given.totalSeconds! + adopted.totalSeconds! + 1e-3, `${both} s`);
  });
});
