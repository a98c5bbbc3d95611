/** What the program costs, in what can be counted: no time is measured here, and no machine is too slow. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openTargets } from '../../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../../src/host/cgroup/layout.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { openHost } from '../../../src/host/host.ts';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { RunTotals } from '../../../src/ledger/run/run-totals.ts';
import { ReadProblems } from '../../../src/sampling/read-problems.ts';
import { Sampler } from '../../../src/sampling/sampler.ts';
import { canMakeCgroups, RealCgroups } from '../../real-cgroups.ts';
import { skipUnless } from '../../skip.ts';
import { documentOf, runUnitledger, until } from './unitledger.ts';

const PROCESSES = 20;
/** Wakes fifty times a second, works a little, and starts nothing. */
const BUSY = `exec perl -e 'while (1) { select(undef, undef, undef, 0.02); $n++ for 1 .. 500 }'`;
const RESTING = 'exec sleep 1000';

/** So many processes, in a cgroup `/work` of their own, and their PIDs: `few` run `script`, and the others rest. */
async function population(
  t: TestContext,
  script: string,
  few = PROCESSES,
): Promise<{ cgroups: RealCgroups; pids: number[] }> {
  const cgroups = new RealCgroups(t);
  cgroups.make('/work');
  const pids = Array.from({ length: PROCESSES }, (_, at) =>
    cgroups.shell('/work', at < few ? script : RESTING),
  );
  const runs = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'sh\n';
  await until(
    () => cgroups.pids('/work').length === PROCESSES && pids.every(runs),
    () => `${PROCESSES} processes`,
  );
  return { cgroups, pids };
}

/** What a run asks the kernel of the processes, a process and sample; and how often it lists them, a sample. */
async function callsPerSample(
  t: TestContext,
  script: string,
  few = PROCESSES,
): Promise<{ reads: number; clocks: number; lists: number }> {
  const { cgroups, pids } = await population(t, script, few);
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-cost-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const trace = join(folder, 'trace');
  // The names of files tell whose they are (-y).
  const strace = ['strace', '-f', '-y', '-e', 'trace=pread64,clock_gettime', '-o', trace];
  const run = ['--duration', '4', '--interval', '0.2', '--summary', 'json'];
  const ended = await runUnitledger([...run, '--cgroup-root', cgroups.root, '--cgroup', '/work'], {
    by: (command) => [...strace, ...command],
  });
  const document = documentOf(ended);
  const { samples } = document;
  assert.ok(samples >= 5, `${samples} samples`);
  assert.equal(document.units[0]!.processes.length, PROCESSES);
  let reads = 0;
  let clocks = 0;
  let lists = 0;
  for (const line of readFileSync(trace, 'latin1').split('\n')) {
    const pid = /\bpread64\(\d+<[^>]*\/proc\/(\d+)\//.exec(line)?.[1];
    if (pid !== undefined && pids.includes(Number(pid))) reads++;
    if (/\bpread64\(\d+<[^>]*\/work\/cgroup\.procs>/.test(line)) lists++;
    // A clock of a process has a number made of its PID (clock_getcpuclockid(3)). New PIDs of others are checked as well.
    const clock = /\bclock_gettime\((0x[89a-f]\w{7}|-\d+)/.exec(line)?.[1];
    if (clock !== undefined && pids.includes(~(Number(clock) >> 3))) clocks++;
  }
  // The first sample opens everything, and reads it once more.
  const following = PROCESSES * (samples - 1);
  t.diagnostic(
    `${reads} reads, ${clocks} looks at CPU clocks, ${lists} lists, ${samples} samples of ${PROCESSES}`,
  );
  return {
    reads: (reads - 4 * PROCESSES) / following,
    clocks: (clocks - 2 * PROCESSES) / following,
    lists: lists / samples,
  };
}

const hasStrace = spawnSync('strace', ['-V']).error === undefined || 'takes strace';
const needs = [canMakeCgroups(), hasStrace].find((need) => need !== true) ?? true;

describe('a process in a sample', () => {
  test('takes two reads and one of its CPU clock while it works', skipUnless(needs), async (t) => {
    const { reads, clocks } = await callsPerSample(t, BUSY);
    assert.ok(reads > 0.5 && reads <= 2.8, `${reads} reads`);
    assert.ok(clocks > 0.5 && clocks <= 1.5, `${clocks} looks at CPU clocks`);
  });

  test('costs almost nothing while it is idle', skipUnless(needs), async (t) => {
    const { reads, clocks, lists } = await callsPerSample(t, RESTING);
    assert.ok(reads <= 0.5, `${reads} reads`);
    assert.ok(clocks <= 0.5, `${clocks} looks at CPU clocks`);
    assert.ok(lists <= 0.7, `${lists} lists`);
  });

  test('costs little while it is idle and another works', skipUnless(needs), async (t) => {
    const { reads, clocks } = await callsPerSample(t, BUSY, 1);
    assert.ok(reads > 0.05 && reads <= 0.6, `${reads} reads`);
    assert.ok(clocks > 0.02 && clocks <= 0.6, `${clocks} looks at CPU clocks`);
  });

  test('allocates almost nothing, and leaks nothing', skipUnless(canMakeCgroups()), async (t) => {
    const { cgroups } = await population(t, BUSY);
    const tick = tickOn(cgroups);
    // By then code is compiled, and what grows with the first samples has grown.
    for (let n = 0; n < 400; n++) tick();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = () => process.memoryUsage().heapUsed;
    collect();
    const before = used();
    let allocated = 0;
    const samples = 1000;
    for (let n = 0; n < samples; n++) {
      const start = used();
      tick();
      // Where garbage was collected meanwhile it is less: that tick counts for nothing.
      allocated += Math.max(0, used() - start);
    }
    collect();
    // Over so many samples, a few hundred kilobytes of compiled code do not look like a leak.
    const left = (used() - before) / samples;
    const bytes = allocated / samples / PROCESSES;
    t.diagnostic(`${bytes.toFixed(0)} bytes a process and sample; ${left.toFixed(0)} left for each sample`);
    assert.ok(bytes < 4096, `${bytes} bytes a process and sample`);
    assert.ok(left < 2048, `${left} bytes left for each sample`);
  });
});

/** Samples and books, wired as `commands/track` wires it, at half a second of its own clock a tick. */
function tickOn(cgroups: RealCgroups): () => void {
  const refuse = (problem: object): never => assert.fail(JSON.stringify(problem));
  const host = openHost('/proc', systemClock);
  const layout = findCgroupLayout(cgroups.root);
  assert.notEqual(layout.kind, 'none');
  const targets = openTargets({
    targets: [{ kind: 'cgroup', path: '/work' }],
    layout: layout as Exclude<typeof layout, { kind: 'none' }>,
    procRoot: '/proc',
    report: refuse,
  });
  const sampler = new Sampler(host, targets, new ReadProblems(refuse), { showCommandLine: false });
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 10_000);
  let seconds = systemClock.monotonicSeconds();
  let unixMillis = systemClock.unixMillis();
  return () => {
    seconds += 0.5;
    unixMillis += 500;
    ledger.book(sampler.sample(seconds, unixMillis));
    totals.gather();
  };
}
