import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openTargets } from '../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { canMakeCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';

const host = findCgroupLayout('/sys/fs/cgroup');
const SYSTEMD = '/sys/fs/cgroup/systemd';
const cpuacct = host.kind === 'none' ? null : host.cpuacctRoot;
const hasTrees = cpuacct !== null && existsSync(`${SYSTEMD}/cgroup.procs`);
const needs = skipUnless(hasTrees ? canMakeCgroups() : 'takes the v1 trees of systemd and cpuacct');
const UNIT = '/system.slice/crashing.service';

test('on v1 the slice keeps the usage of ended instances, too', needs, async (t) => {
  const name = `unitledger-test-v1-${process.pid}`;
  const [units, cpu] = [`${SYSTEMD}/${name}`, `${cpuacct}/${name}`] as const;
  const make = (path: string) => {
    for (const tree of [units, cpu]) mkdirSync(tree + path);
  };
  const remove = (path: string) =>
    until(() => [units, cpu].every((tree) => isRemoved(tree + path)), `${path} to be empty`);
  t.after(async () => {
    for (const path of [UNIT, '/system.slice', '']) await remove(path);
  });
  make('');
  make('/system.slice');
  const live = async () => {
    make(UNIT);
    const join = [units, cpu].map((tree) => `echo $$ >${tree}${UNIT}/cgroup.procs`).join('; ');
    execFileSync('sh', ['-c', `${join}; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done`]);
    const usage = () => readFileSync(`${cpu}${UNIT}/cpuacct.usage`, 'utf8');
    const used = Number(usage()) / 1e9;
    await remove(UNIT);
    return used;
  };
  const targets = openTargets({
    targets: [{ kind: 'unit', name: 'crashing.service' }],
    layout: { kind: 'v1', unitRoot: units, cpuacctRoot: cpu, controllers: {} },
    procRoot: '/proc',
    report: () => {},
  });
  t.after(() => targets.close());
  const tick = (atSeconds: number) => {
    targets.refresh();
    for (const instance of targets.instances) instance.readCpuSeconds();
    return targets.readEnded(atSeconds, true)[0]!.cpuSeconds;
  };
  assert.equal(tick(0.5), 0);
  const used = (await live()) + (await live());
  await earlierEvents();
  const ended = tick(1);
  assert.ok(Math.abs(ended - used) < 0.002, `${ended}, not ${used}`);
});

/** Resolves when the events of all earlier changes are handled: those of one program come in order. */
async function earlierEvents(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'events-'));
  const watcher = watch(directory);
  const last = new Promise((resolve) => watcher.once('change', resolve));
  mkdirSync(join(directory, 'last'));
  await last;
  watcher.close();
  rmSync(directory, { recursive: true });
  await nextTurn();
  await nextTurn();
}

function isRemoved(directory: string): boolean {
  if (!existsSync(directory)) return true;
  try {
    rmdirSync(directory);
    return true;
  } catch {
    // EBUSY as long as its process is on its way out.
    return false;
  }
}
