import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTargets } from '../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import type { ExitRecordOptions } from '../../src/host/taskstats/exit-record-source.ts';
import type { RunUnit } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { ExitRecords } from '../../src/sampling/exit-records.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { canMakeCgroups, RealCgroups } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';

const host = openHost('/proc', systemClock);

/** Whether this machine has all that it takes, or why not. */
const able = await (async (): Promise<true | string> => {
  const records = ExitRecords.open(host);
  if (!(records instanceof ExitRecords)) return `takes exit records of the kernel: ${records.kind}`;
  const failure = await records.verify();
  records.close();
  return failure === null ? canMakeCgroups() : `takes exit records of the kernel: ${failure.kind}`;
})();

const hasCompiler = spawnSync('gcc', ['--version']).status === 0 || 'takes gcc';

interface Watched {
  /** Of one run of samples: booked with exit records, and without. */
  readonly named: RunUnit;
  readonly without: RunUnit;
  readonly records: { readonly received: number; readonly lost: number };
  /** What reading and booking the records took of CPU, in microseconds each. */
  readonly microsEach: number;
}

/** Runs a script in a unit of its own until it says that it is done, under two ledgers that book the same samples. */
async function watch(t: TestContext, script: string, options?: ExitRecordOptions): Promise<Watched> {
  const groups = new RealCgroups(t);
  groups.make('/build.service');
  const layout = findCgroupLayout(groups.root);
  assert.notEqual(layout.kind, 'none');
  const targets = openTargets({
    targets: [{ kind: 'unit', name: 'build.service' }],
    layout: layout.kind === 'none' ? null : layout,
    procRoot: '/proc',
    report: () => {},
  });
  const sampler = new Sampler(host, targets, new ReadProblems(() => {}), { showCommandLine: false });
  const records = ExitRecords.open(host, options) as ExitRecords;
  t.after(() => {
    records.close();
    sampler.close();
  });
  const ledgers = [new Ledger(), new Ledger()] as const;
  const totals = ledgers.map((ledger) => new RunTotals(ledger, 10_000));
  let micros = 0;
  const tick = () => {
    const sample = sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis(), true);
    const begun = cpuMicros();
    const exits = records.drain();
    ledgers[0].book(sample, exits);
    const between = cpuMicros();
    ledgers[1].book(sample);
    micros += between - begun - (cpuMicros() - between);
    for (const each of totals) each.gather();
  };
  records.drain();
  tick();
  const pid = groups.shell('/build.service', `${script}; exec sleep 1000`);
  do {
    await sleep(250);
    tick();
  } while (!groups.pids('/build.service').every((member) => member === pid && isSleeping(pid)));
  // Two more, for what came last.
  for (let i = 0; i < 2; i++) {
    await sleep(50);
    tick();
  }
  const facts = {
    startedUnixMillis: 0,
    startedAtSeconds: 0,
    endedUnixMillis: 0,
    intervalSeconds: 0.25,
    samples: 0,
  };
  const [named, without] = totals.map((each) => each.document({ ...facts, missedSamples: 0, export: null }));
  return {
    named: named!.units[0]!,
    without: without!.units[0]!,
    records,
    microsEach: micros / records.received,
  };
}

function cpuMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function isSleeping(pid: number): boolean {
  const { stdout } = spawnSync('cat', [`/proc/${pid}/comm`], { encoding: 'utf8' });
  return stdout.trim() === 'sleep';
}

/** Processes of a name: seen ones with rows of their own, and those that ended unseen. */
function countOf({ processes, exited }: RunUnit, name: string): number {
  const unseen = exited.find((row) => row.name === name)?.count ?? 0;
  return unseen + processes.filter((row) => row.name === name).length;
}

function cpuOf({ processes, exited }: RunUnit, name: string): number {
  const seen = processes.filter((row) => row.name === name).reduce((sum, row) => sum + row.cpuSeconds, 0);
  return seen + (exited.find((row) => row.name === name)?.cpuSeconds ?? 0);
}

function sumOf({ processes, exited }: RunUnit, figure: 'cpuSeconds' | 'diskBytes' | 'transferBytes'): number {
  let sum = 0;
  for (const row of processes)
    sum += (row[figure] ?? 0) + (figure === 'cpuSeconds' ? row.reapedCpuSeconds : 0);
  for (const row of exited) sum += row[figure] ?? 0;
  return sum;
}

/** What exit records must never change. */
function assertSameSums({ named, without }: Watched): void {
  assert.deepEqual(named.cpu, without.cpu);
  for (const figure of ['cpuSeconds', 'diskBytes', 'transferBytes'] as const) {
    const [a, b] = [sumOf(named, figure), sumOf(without, figure)];
    assert.ok(Math.abs(a - b) < 1e-6, `${figure}: ${a} named, ${b} without`);
  }
}

function assertNear(actual: number, expected: number, share: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= expected * share, `${what}: ${actual}, not ${expected}`);
}

describe('exit records on this kernel', skipUnless(able), () => {
  test('count a storm of short processes completely, and leave every sum unchanged', async (t) => {
    const watched = await watch(t, 'i=0; while [ $i -lt 3000 ]; do /bin/true; i=$((i+1)); done');
    const { named, microsEach } = watched;
    t.diagnostic(`${countOf(named, 'true')} of 3000, ${microsEach.toFixed(1)} µs each`);
    assertNear(countOf(named, 'true'), 3000, 0.01, 'count');
    assertSameSums(watched);
    const [row] = named.exited;
    assert.ok(row!.cpuSeconds > 0.5 * named.cpu.totalSeconds!, `${row!.cpuSeconds} s`);
    assert.ok(row!.transferBytes! > 3000 * 1024, `${row!.transferBytes} bytes`);
    assert.ok(microsEach < 60, `${microsEach} µs each`);
  });

  test('name the programs that gcc runs, with counts and CPU', skipUnless(hasCompiler), async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-gcc-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'a.c'), '#include <stdio.h>\nint main(void) { return printf("%d", 1); }\n');
    const compile = `gcc -O2 -c ${folder}/a.c -o ${folder}/a.o`;
    const script = `i=0; while [ $i -lt 100 ]; do ${compile}; i=$((i+1)); done; gcc -c ${folder}/none.c 2>&1`;
    const watched = await watch(t, script);
    const { named } = watched;
    for (const [name, count] of [
      ['gcc', 101],
      ['as', 100],
      // It is cc1 that misses the file.
      ['cc1', 101],
    ] as const) {
      t.diagnostic(`${name}: ${countOf(named, name)}, ${cpuOf(named, name).toFixed(2)} s`);
      assertNear(countOf(named, name), count, 0.01, name);
    }
    const { coverage, totalSeconds } = named.cpu;
    assert.ok(coverage! > 0.98 && coverage! < 1.02, `coverage ${coverage}`);
    assert.ok(cpuOf(named, 'cc1') > 0.5 * totalSeconds!, `cc1 ${cpuOf(named, 'cc1')} s of ${totalSeconds} s`);
    assert.ok(cpuOf(named, 'cc1') > 3 * cpuOf(named, 'as'));
    assertSameSums(watched);
  });

  test('divide CPU in proportion to its use', skipUnless(hasCompiler), async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-spin-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const program = `#include <time.h>\n#include <stdlib.h>\nint main(int n, char **v) { struct timespec t; do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while (t.tv_nsec < atol(v[1]) * 1000); return 0; }\n`;
    writeFileSync(join(folder, 'spin.c'), program);
    spawnSync('gcc', ['-O1', '-o', join(folder, 'heavy'), join(folder, 'spin.c')]);
    copyFileSync(join(folder, 'heavy'), join(folder, 'light'));
    const script = `i=0; while [ $i -lt 150 ]; do ${folder}/heavy 16000; ${folder}/light 2000; i=$((i+1)); done`;
    const watched = await watch(t, script);
    const [heavy, light] = ['heavy', 'light'].map((name) => cpuOf(watched.named, name)) as [number, number];
    t.diagnostic(`heavy ${heavy.toFixed(2)} s of 2.4 s, light ${light.toFixed(2)} s of 0.3 s and its start`);
    // Some six to one; what the records say is sampled, and blurs where others want the CPUs. Shared equally it were one.
    assert.ok(heavy > 2 * light, `heavy ${heavy}, light ${light}`);
    assert.ok(heavy > 1.5 && heavy < 2.9 && light > 0.15, `heavy ${heavy}, light ${light}`);
    assertSameSums(watched);
  });

  test('report how processes ended', async (t) => {
    const script =
      'i=0; while [ $i -lt 20 ]; do sh -c "exit 4"; sh -c "kill -9 \\$\\$"; i=$((i+1)); done; true';
    const { named } = await watch(t, script);
    const codes = named.exited.find(({ name }) => name === 'sh')?.exitCodes ?? {};
    // A sample may fall on some while they live: those have rows of their own, which say no codes.
    const seen = named.processes.filter(({ name }) => name === 'sh').length;
    assert.deepEqual(Object.keys(codes), ['4', '137']);
    assert.ok(codes[4]! <= 20 && codes[137]! <= 20, JSON.stringify(codes));
    assert.equal(codes[4]! + codes[137]! + seen, 40);
  });

  test('that are lost are counted, and their CPU stays with the waiting process', async (t) => {
    const script = 'i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done';
    const watched = await watch(t, script, { receiveBytes: 20_000 });
    const { named, records } = watched;
    t.diagnostic(`${records.lost} of ${records.lost + records.received} lost`);
    assert.ok(records.lost > 500, `${records.lost} lost`);
    assert.ok(records.lost + records.received > 2000);
    const parent = named.processes.find(({ name }) => name === 'sleep' || name === 'sh');
    assert.ok(parent!.reapedCpuSeconds > (named.exited[0]?.cpuSeconds ?? 0));
    assertSameSums(watched);
  });

  test('count processes that no process waits for, and assign none of the unattributed CPU to them', async (t) => {
    // It waits until all have ended, or PID 1 would be the parent of the last. A shell that ignores SIGCHLD would not: perl is in every Debian.
    const script = `perl -e '$SIG{CHLD} = "IGNORE"; for (1..50) { my $p = fork; if (!$p) { my $x = 0; $x += $_ for 1..400000; exit 0 } select undef, undef, undef, 0.01 } wait'`;
    const watched = await watch(t, script);
    const { named } = watched;
    const unseen = named.exited.find(({ name }) => name === 'perl');
    const count = countOf(named, 'perl');
    t.diagnostic(`${count} of 51, unattributed ${named.cpu.unattributed?.unknownSeconds.toFixed(2)} s`);
    assert.equal(count, 51);
    // The last stretch of the parent, which the shell waits for, may be taken for theirs: a tick, where they used a hundred.
    const seconds = unseen?.cpuSeconds ?? 0;
    assert.ok(seconds < 0.05 * named.cpu.totalSeconds!, `${seconds} s of ${named.cpu.totalSeconds} s`);
    assertSameSums(watched);
  });
});
