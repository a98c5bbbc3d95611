import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunUnit } from '../../../src/ledger/document/run-document.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import * as services from '../systemd/services.ts';
import * as units from '../systemd/units.ts';
import { readCpuSeconds, readProcess } from '../truth.ts';
import { assertTraced, CpuTrace, type TracedSeconds, usedByCgroup, usedInSlice } from './cpu-trace.ts';
import {
  assertNear,
  documentOf,
  rowOf,
  runUnitledger,
  startUnitledger,
  unitOf,
  until,
} from './unitledger.ts';

/** What a run said of a unit, and what its cgroup says of the same time. */
interface Measured {
  readonly unit: RunUnit;
  readonly truth: TracedSeconds;
}

/** For which coverage is promised. */
const SECONDS = 10;
const FEWER_SECONDS = 6;
const COMPILE_LOOP = 'a loop of gcc over small files';
const STORM = 'a storm of /bin/true and /bin/ls';
/** In percent of what the unit used, for the table at the end. */
const compared: Record<string, string>[] = [];

describe('unitledger books every CPU second and every byte of a unit once', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await units.installPayload(lab);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  /** Tracks a unit that runs, by samples 0.5 s apart. */
  async function measure(name: string, seconds: number): Promise<Measured> {
    const [measured] = await measureAll(new Map([[name, await ofCgroup(name)]]), seconds);
    return measured!;
  }

  /** Tracks units in one run; for each, where its true use is to be read. */
  async function measureAll(
    units: ReadonlyMap<string, () => Promise<TracedSeconds>>,
    seconds: number,
  ): Promise<Measured[]> {
    const traces = await Promise.all([...units.values()].map((used) => CpuTrace.start(used)));
    const names = [...units.keys()].flatMap((name) => ['--service', name]);
    const times = ['--interval', '0.5', '--duration', String(seconds)];
    const args = ['--cgroup-root', lab.cgroupRoot, ...names, '--summary', 'json', ...times];
    const ended = await runUnitledger(args);
    for (const trace of traces) await trace.stop();
    const document = documentOf(ended);
    return [...units.keys()].map((name, at) => ({
      unit: unitOf(document, name),
      truth: traces[at]!.usedBetween(document.startedAt, document.endedAt),
    }));
  }

  async function ofCgroup(name: string): Promise<() => Promise<TracedSeconds>> {
    const cgroup = (await lab.cgroupOf(name)) ?? assert.fail(`${name} has no cgroup`);
    return () => usedByCgroup(cgroup);
  }

  /** Compares a run with the truth, and notes what sampling alone would have shown. */
  function compare(t: TestContext, title: string, { unit, truth }: Measured): void {
    const percent = (seconds: number) => `${((200 * seconds) / (truth.least + truth.most)).toFixed(1)}%`;
    const { totalSeconds, attributedSeconds, unattributed, coverage } = unit.cpu;
    const own = unit.processes.reduce((sum, row) => sum + row.cpuSeconds, 0);
    compared.push({
      unit: title,
      'used s': ((truth.least + truth.most) / 2).toFixed(2),
      sampling: percent(own),
      rows: percent(attributedSeconds),
      'reaped outside': percent(unattributed!.reapedOutsideSeconds ?? 0),
      unknown: percent(unattributed!.unknownSeconds),
      'rows seen': String(unit.processes.length),
    });
    t.diagnostic(`cpu.stat ${truth.least} to ${truth.most} s, summary ${JSON.stringify(unit.cpu)}`);
    assert.ok(truth.least > 0.01, `it used ${truth.least} s`);
    assertTraced(totalSeconds!, truth, 0.02, 'total');
    assertNear(coverage!, attributedSeconds / totalSeconds!, 1e-9, 'coverage');
    const booked = unit.processes.reduce((sum, row) => sum + row.cpuSeconds + row.reapedCpuSeconds, 0);
    const folded = unit.exited.reduce((sum, row) => sum + row.cpuSeconds, 0);
    assertNear(booked + folded, attributedSeconds, 1e-6, 'sum of the rows');
  }

  function assertCovered({ cpu }: RunUnit): void {
    assert.ok(cpu.coverage! >= 0.98 && cpu.coverage! <= 1.02, `coverage ${JSON.stringify(cpu)}`);
  }

  /** Rows and the unattributed rest are what the cgroup says. */
  function assertComplete({ unit, truth }: Measured): void {
    const { attributedSeconds, unattributed } = unit.cpu;
    const { reapedOutsideSeconds, unknownSeconds } = unattributed!;
    assert.ok(attributedSeconds >= 0 && reapedOutsideSeconds! >= 0 && unknownSeconds >= 0);
    const all = attributedSeconds + reapedOutsideSeconds! + unknownSeconds;
    assertTraced(all, truth, 0.02, 'rows and unattributed');
  }

  for (const [title, unit] of [
    [COMPILE_LOOP, units.compileLoop],
    [STORM, units.storm],
    ['200 processes that each work 0.1 ms every 100 ms', units.pulses],
  ] as const) {
    test(`covers ${title}`, async (t) => {
      await units.startPrepared(lab, unit);
      const measured = await measure(unit.name, SECONDS);
      await lab.stopUnit(unit.name);
      compare(t, title, measured);
      assertCovered(measured.unit);
    });
  }

  test('covers PostgreSQL under pgbench', async (t) => {
    const instance = await services.startPostgresql(lab);
    const load = await services.loadPostgresql(lab, SECONDS + 2);
    const ended = new Promise((resolve) => load.once('exit', resolve));
    await until(
      async () => (await lab.processesOf(instance)).length >= 8,
      () => 'the clients',
    );
    const measured = await measure(instance, SECONDS);
    await lab.stopUnit(instance);
    await ended;
    compare(t, 'PostgreSQL under pgbench', measured);
    assertCovered(measured.unit);
  });

  test('covers nginx under load', async (t) => {
    await services.startNginx(lab);
    const load = services.loadNginx(lab, SECONDS + 2);
    const ended = new Promise((resolve) => load.once('exit', resolve));
    const cgroup = (await lab.cgroupOf('nginx.service'))!;
    const idle = await readCpuSeconds(cgroup);
    await until(
      async () => (await readCpuSeconds(cgroup)) > idle + 0.05,
      () => 'the load',
    );
    const measured = await measure('nginx.service', SECONDS);
    await ended;
    compare(t, 'nginx under load', measured);
    assertCovered(measured.unit);
  });

  test('shows what PID 1 reaped of a daemon by double fork as reaped outside', async (t) => {
    await units.startPrepared(lab, units.doubleFork);
    const measured = await measure(units.doubleFork.name, FEWER_SECONDS);
    await lab.stopUnit(units.doubleFork.name);
    compare(t, 'workers by double fork', measured);
    assertComplete(measured);
    const { attributedSeconds, totalSeconds, unattributed } = measured.unit.cpu;
    assert.ok(attributedSeconds < totalSeconds! * 0.9, `${attributedSeconds} s are in the rows`);
    const rest = totalSeconds! - attributedSeconds;
    assert.ok(unattributed!.reapedOutsideSeconds! > rest * 0.9, JSON.stringify(measured.unit.cpu));
  });

  test('shows what nobody reaped of a parent that ignores SIGCHLD as unknown', async (t) => {
    await units.startPrepared(lab, units.deafParent);
    const measured = await measure(units.deafParent.name, FEWER_SECONDS);
    await lab.stopUnit(units.deafParent.name);
    compare(t, 'a parent that ignores SIGCHLD', measured);
    assertComplete(measured);
    const { attributedSeconds, totalSeconds, unattributed } = measured.unit.cpu;
    assert.ok(attributedSeconds < totalSeconds! * 0.9, `${attributedSeconds} s are in the rows`);
    assert.ok(
      unattributed!.unknownSeconds > unattributed!.reapedOutsideSeconds! * 9,
      JSON.stringify(measured.unit.cpu),
    );
  });

  test('books what children use in another unit there, and not to the foreman that reaps them', async (t) => {
    await units.startPrepared(lab, units.burner(10));
    await units.startPrepared(lab, units.foreman);
    const names = [units.foreman.name, 'burner.service'];
    const [foreman, burner] = await measureAll(
      new Map(await Promise.all(names.map(async (name) => [name, await ofCgroup(name)] as const))),
      FEWER_SECONDS,
    );
    for (const name of names) await lab.stopUnit(name);
    compare(t, 'a foreman whose children work elsewhere', foreman!);
    compare(t, 'the unit in which they work', burner!);
    const { attributedSeconds, totalSeconds } = foreman!.unit.cpu;
    assert.ok(attributedSeconds <= totalSeconds! + 0.04, JSON.stringify(foreman!.unit.cpu));
    assertComplete(burner!);
    // Whose children they were shows only of those that a sample met: the cause may stay unknown.
    assert.ok(burner!.unit.cpu.coverage! < 0.5, 'most of it was done between two samples');
  });

  test('keeps what ended instances of a crash loop used, those that no sample saw too, with the cause', async (t) => {
    const { name } = units.crashLoop;
    const slice = path.join(lab.cgroupRoot, 'system.slice');
    const restarts = async () => Number(await lab.property(name, 'NRestarts'));
    await units.startPrepared(lab, units.crashLoop);
    const before = await restarts();
    const [measured] = await measureAll(new Map([[name, () => usedInSlice(slice, [name])]]), FEWER_SECONDS);
    const after = await restarts();
    await lab.stopUnit(name);
    compare(t, 'a crash loop every 150 ms', measured!);
    assertComplete(measured!);
    const { cpu, instances } = measured!.unit;
    const { reapedOutsideSeconds, unknownSeconds } = cpu.unattributed!;
    // systemd reaps main processes. What it waited for before it was known to be who does stays without a cause.
    assert.ok(reapedOutsideSeconds! > 0.8 * (reapedOutsideSeconds! + unknownSeconds));
    // It went on for a while before and after the run.
    assert.ok(instances > (after - before) / 2 && instances <= after - before + 1, `${instances} instances`);
  });

  test('books bytes that children wrote once, and to no parent in a burst', async (t) => {
    const args = ['--cgroup-root', lab.cgroupRoot, '--service', 'writer', '--service', 'nginx'];
    await services.startNginx(lab);
    // With exit records, bytes of what no sample saw are its name's, and not the parent's.
    const program = startUnitledger([...args, '--exit-records=off', '--summary', 'json', '--duration', '6']);
    await program.watches((await lab.mainPid('nginx.service'))!);
    const mebibytes = 8;
    // Each `dd` lives for a second and writes all the time.
    const trickle = `for j in $(seq ${mebibytes}); do head -c 1M /dev/zero; sleep 0.12; done`;
    const write = `(${trickle}) | dd of=/var/tmp/trickle.$i bs=64k status=none`;
    const script = `for i in 1 2 3; do ${write}; done; dd if=/dev/zero of=/var/tmp/burst bs=64k count=256 status=none; exec sleep 60`;
    await lab.systemdRun('writer.service', [], ['sh', '-c', script]);
    const main = (await lab.mainPid('writer.service'))!;
    await until(
      async () => (await readProcess(main))?.comm.toString() === 'sleep',
      () => 'all to be written',
    );
    await sleep(600);
    const truth = (await readProcess(main))!.diskBytes;
    const unit = unitOf(documentOf(await program.ended), 'writer.service');
    await lab.stopUnit('writer.service');
    assert.ok(truth >= (3 * mebibytes + 16) * 2 ** 20, `${truth} bytes`);
    const booked = unit.processes.reduce((sum, row) => sum + row.diskBytes!, 0);
    assertNear(booked, truth, truth * 0.02, 'bytes of all rows');
    const seen = unit.processes.filter(({ name }) => name === 'dd');
    assert.ok(seen.length >= 3, `${seen.length} rows of dd`);
    // What no row of a `dd` holds: the last stretches, and the one that was too quick.
    const parent = rowOf(unit, main);
    t.diagnostic(`truth ${truth}, booked ${booked}, ${seen.length} rows of dd, parent ${parent.diskBytes}`);
    const quick = 16 * 2 ** 20;
    assert.ok(parent.diskBytes! < quick + 3 * 3 * 2 ** 20, `${parent.diskBytes} bytes of the parent`);
  });

  test('sampling alone would have shown little of it', (t) => {
    for (const line of tableOf(compared)) t.diagnostic(line);
    const forking = compared.filter(({ unit }) => unit === COMPILE_LOOP || unit === STORM);
    assert.equal(forking.length, 2);
    for (const { unit, sampling } of forking) {
      assert.ok(Number.parseFloat(sampling!) < 25, `${sampling} of ${unit}`);
    }
  });
});

function tableOf(rows: readonly Record<string, string>[]): string[] {
  const titles = Object.keys(rows[0] ?? {});
  const widths = titles.map((title) => Math.max(title.length, ...rows.map((row) => row[title]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [titles, ...rows.map((row) => titles.map((title) => row[title]!))].map(line);
}
