import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { RunUnit } from '../../../src/ledger/document/run-document.ts';
import { skipUnless } from '../../skip.ts';
import { unifiedMount } from '../systemd/cgroup.ts';
import { readCpuSeconds } from '../truth.ts';
import { documentOf, type Running, remarksOf, startUnitledger, until } from './unitledger.ts';

/** Root, for a cgroup of the command's own; a compiler, for many processes. */
const needs = skipUnless(
  (process.getuid?.() === 0 && unifiedMount() !== undefined && spawnSync('cc', ['--version']).status === 0) ||
    'takes root, cgroup v2 and a C compiler',
);
const PULSE = path.resolve(import.meta.dirname, '../systemd/payload/pulse.c');
/** As 20,000 processes with 1,024 descriptors: far more than can be held. */
const PROCESSES = 5000;
const FEW_DESCRIPTORS = ['prlimit', '--nofile=256:256', '--'];

describe('unitledger under faults of a host', needs, () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'unitledger-faults-'));
    const compiled = spawnSync('cc', ['-O2', '-o', path.join(folder, 'pulse'), PULSE], { encoding: 'utf8' });
    assert.equal(compiled.status, 0, compiled.stderr);
  });
  after(() => rmSync(folder, { recursive: true }));

  test('stopped for a while, it books the usage of that time, and counts the missed ticks', async (t) => {
    const storm = 'while :; do /bin/true; done';
    const program = start(['--interval', '0.5', '--', 'sh', '-c', storm]);
    const cgroup = await cgroupOf(program);
    t.after(() => removeAll(cgroup));
    await until(
      async () => (await readCpuSeconds(cgroup)) > 0.1,
      () => 'the storm',
    );
    const before = await readCpuSeconds(cgroup);
    const stoppedAt = performance.now();
    program.signal('SIGSTOP');
    await until(
      async () => performance.now() > stoppedAt + 5000 && (await readCpuSeconds(cgroup)) > before + 0.5,
      () => 'the storm to go on',
      60,
    );
    const meanwhile = (await readCpuSeconds(cgroup)) - before;
    program.signal('SIGCONT');
    const went = await readCpuSeconds(cgroup);
    await until(
      async () => (await readCpuSeconds(cgroup)) > went + 0.3,
      () => 'the storm to go on',
    );
    program.signal('SIGINT');
    const document = documentOf(await program.ended, 130);
    const [unit] = document.units;
    said(t, unit!);
    assert.ok(document.missedSamples >= 8, `${document.missedSamples} missed`);
    assert.ok(unit!.cpu.totalSeconds! > meanwhile, `${meanwhile} s meanwhile`);
    assertCovered(unit!);
  });

  test('a fork bomb that ends is booked completely', async (t) => {
    const bomb =
      'bomb() { [ $1 -gt 0 ] || return 0; bomb $(($1-1)) & bomb $(($1-1)) & wait; }; bomb 11; sleep 1';
    const program = start(['--interval', '0.5', '--', 'sh', '-c', bomb]);
    const [unit] = documentOf(await program.ended).units;
    said(t, unit!);
    assert.ok(unit!.cpu.totalSeconds! > 0.3);
    assertCovered(unit!);
  });

  test('5,000 processes are tracked with 256 descriptors', async (t) => {
    const args = ['--interval', '1', '--summary-rows', '100', '--'];
    const program = start(
      [...args, path.join(folder, 'pulse'), String(PROCESSES), '100', '20000000'],
      FEW_DESCRIPTORS,
    );
    const cgroup = await cgroupOf(program);
    t.after(() => removeAll(cgroup));
    const count = () => readFileSync(path.join(cgroup, 'cgroup.procs'), 'latin1').split('\n').length - 1;
    await until(
      () => count() > PROCESSES,
      () => `${count()} processes`,
      60,
    );
    const full = await readCpuSeconds(cgroup);
    await until(
      async () => (await readCpuSeconds(cgroup)) > full + 0.2,
      () => 'them to work',
      60,
    );
    program.signal('SIGINT');
    await until(
      () => program.pid() === undefined,
      () => 'the end of the program',
      60,
    );
    // Only the command itself is ended with the program; what it leaves behind holds standard error open.
    endAll(cgroup);
    const ended = await program.ended;
    const [unit] = documentOf(ended, 130).units;
    said(t, unit!);
    const folded = unit!.exited.reduce((sum, { count }) => sum + count, 0);
    assert.ok(
      unit!.processes.length + folded >= PROCESSES,
      `${unit!.processes.length} rows, ${folded} folded`,
    );
    assertCovered(unit!);
    assert.doesNotMatch(ended.stderr, /EMFILE/);
    assert.ok(remarksOf(ended.stderr).length < 5, ended.stderr);
  });
});

function start(args: readonly string[], by: readonly string[] = []): Running {
  return startUnitledger(['--summary', 'json', ...args], { by: (command) => [...by, ...command] });
}

/** The cgroup that the program made for its command. */
async function cgroupOf(program: Running): Promise<string> {
  await program.says('following');
  const own = /^0::(\/.*)$/m.exec(readFileSync(`/proc/${program.pid()}/cgroup`, 'utf8'))![1]!;
  return path.join(unifiedMount()!, own, `unitledger-${program.pid()}`);
}

/** What a run that failed left behind. */
function endAll(cgroup: string): void {
  if (existsSync(cgroup)) writeFileSync(path.join(cgroup, 'cgroup.kill'), '1');
}

async function removeAll(cgroup: string): Promise<void> {
  endAll(cgroup);
  await until(
    () => {
      if (existsSync(cgroup) && readFileSync(path.join(cgroup, 'cgroup.procs'), 'latin1') === '')
        rmdirSync(cgroup);
      return !existsSync(cgroup);
    },
    () => `the end of all in ${cgroup}`,
  );
}

function said(t: TestContext, { cpu, processes }: RunUnit): void {
  t.diagnostic(`${processes.length} rows, ${JSON.stringify(cpu)}`);
}

function assertCovered({ cpu }: RunUnit): void {
  assert.ok(cpu.coverage! >= 0.98 && cpu.coverage! <= 1.02, JSON.stringify(cpu));
}
