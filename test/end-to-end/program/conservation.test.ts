import assert from 'node:assert/strict';
import { once } from 'node:events';
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

  /** Tracks units in one run, by samples 0.5 s apart; for each, where its true use is to be read. */
  async function measure(
    units: ReadonlyMap<string, () => Promise<TracedSeconds>>,
    seconds: number,
  ): Promise<ReadonlyMap<string, Measured>> {
    const traces = await Promise.all([...units.values()].map((used) => CpuTrace.start(used)));
    const names = [...units.keys()].flatMap((name) => ['--service', name]);
    const times = ['--interval', '0.5', '--duration', String(seconds)];
    const args = ['--cgroup-root', lab.cgroupRoot, ...names, '--summary', 'json', ...times];
    const ended = await runUnitledger(args);
    for (const trace of traces) await trace.stop();
    const document = documentOf(ended);
    return new Map(
      [...units.keys()].map((name, at) => {
        const truth = traces[at]!.usedBetween(document.startedAt, document.endedAt);
        return [name, { unit: unitOf(document, name), truth }];
      }),
    );
  }

  async function ofCgroups(names: readonly string[]): Promise<Map<string, () => Promise<TracedSeconds>>> {
    const found = new Map<string, () => Promise<TracedSeconds>>();
    for (const name of names) {
      const cgroup = (await lab.cgroupOf(name)) ?? assert.fail(`${name} has no cgroup`);
      found.set(name, () => usedByCgroup(cgroup));
    }
    return found;
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
    // Of a few nanoseconds more than the total, which is in microseconds, it is 1.
    assertNear(coverage!, attributedSeconds / totalSeconds!, 1e-6, 'coverage');
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

  describe('where processes are short-lived', () => {
    const { deafParent } = units;
    const titles = new Map([
      [units.compileLoop, COMPILE_LOOP],
      [units.storm, STORM],
      [units.pulses, '200 processes that each work 0.1 ms every 100 ms'],
    ]);
    let measured: ReadonlyMap<string, Measured>;

    before(async () => {
      const started = [...titles.keys(), deafParent];
      const names = started.map(({ name }) => name);
      for (const unit of started) await units.startPrepared(lab, unit);
      measured = await measure(await ofCgroups(names), SECONDS);
      await lab.systemctl('stop', ...names);
    });

    for (const [{ name }, title] of titles) {
      test(`covers ${title}`, (t) => {
        compare(t, title, measured.get(name)!);
        assertCovered(measured.get(name)!.unit);
      });
    }

    test('shows what nobody reaped of a parent that ignores SIGCHLD as unknown', (t) => {
      const ofParent = measured.get(deafParent.name)!;
      compare(t, 'a parent that ignores SIGCHLD', ofParent);
      assertComplete(ofParent);
      const { attributedSeconds, totalSeconds, unattributed } = ofParent.unit.cpu;
      assert.ok(attributedSeconds < totalSeconds! * 0.9, `${attributedSeconds} s are in the rows`);
      assert.ok(
        unattributed!.unknownSeconds > unattributed!.reapedOutsideSeconds! * 9,
        JSON.stringify(ofParent.unit.cpu),
      );
    });
  });

  describe('where servers are under load', () => {
    let postgresql: string;
    let measured: ReadonlyMap<string, Measured>;

    before(async () => {
      postgresql = await services.startPostgresql(lab);
      const nginx = await services.startNginx(lab);
      const idle = await readCpuSeconds((await lab.cgroupOf(nginx))!);
      const loads = [
        await services.loadPostgresql(lab, SECONDS + 2),
        services.loadNginx(lab, SECONDS + 2),
      ].map((load) => once(load, 'exit'));
      const counters = await ofCgroups([postgresql, nginx]);
      await until(
        async () =>
          (await lab.processesOf(postgresql)).length >= 8 &&
          (await counters.get(nginx)!()).least > idle + 0.05,
        () => 'the clients',
      );
      measured = await measure(counters, SECONDS);
      await lab.stopUnit(postgresql);
      await Promise.all(loads);
    });

    test('covers PostgreSQL under pgbench', (t) => {
      compare(t, 'PostgreSQL under pgbench', measured.get(postgresql)!);
      assertCovered(measured.get(postgresql)!.unit);
    });

    test('covers nginx under load', (t) => {
      compare(t, 'nginx under load', measured.get('nginx.service')!);
      assertCovered(measured.get('nginx.service')!.unit);
    });
  });

  describe('where others wait for a unit’s children', () => {
    const { doubleFork, foreman, crashLoop } = units;
    const burner = units.burner(10);
    let measured: ReadonlyMap<string, Measured>;
    /** Of the crash loop, by systemd. It went on for a while before and after the run. */
    let restarted: number;

    before(async () => {
      const prepared = [doubleFork, burner, foreman];
      const names = prepared.map(({ name }) => name);
      for (const unit of [...prepared, crashLoop]) await units.startPrepared(lab, unit);
      const counters = await ofCgroups(names);
      const slice = path.join(lab.cgroupRoot, 'system.slice');
      counters.set(crashLoop.name, () => usedInSlice(slice, [crashLoop.name]));
      const restarts = async () => Number(await lab.property(crashLoop.name, 'NRestarts'));
      const before = await restarts();
      measured = await measure(counters, FEWER_SECONDS);
      restarted = (await restarts()) - before;
      await lab.systemctl('stop', ...names, crashLoop.name);
    });

    test('shows what PID 1 reaped of a daemon by double fork as reaped outside', (t) => {
      const ofDaemon = measured.get(doubleFork.name)!;
      compare(t, 'workers by double fork', ofDaemon);
      assertComplete(ofDaemon);
      const { attributedSeconds, totalSeconds, unattributed } = ofDaemon.unit.cpu;
      assert.ok(attributedSeconds < totalSeconds! * 0.9, `${attributedSeconds} s are in the rows`);
      const rest = totalSeconds! - attributedSeconds;
      assert.ok(unattributed!.reapedOutsideSeconds! > rest * 0.9, JSON.stringify(ofDaemon.unit.cpu));
    });

    test('books what children use in another unit there, and not to the foreman that reaps them', (t) => {
      const [ofForeman, ofBurner] = [measured.get(foreman.name)!, measured.get(burner.name)!];
      compare(t, 'a foreman whose children work elsewhere', ofForeman);
      compare(t, 'the unit in which they work', ofBurner);
      const { attributedSeconds, totalSeconds } = ofForeman.unit.cpu;
      assert.ok(attributedSeconds <= totalSeconds! + 0.04, JSON.stringify(ofForeman.unit.cpu));
      assertComplete(ofBurner);
      // Whose children they were shows only of those that a sample met: the cause may stay unknown.
      assert.ok(ofBurner.unit.cpu.coverage! < 0.5, 'most of it was done between two samples');
    });

    test('keeps what ended instances of a crash loop used, those that no sample saw too, with the cause', (t) => {
      const ofLoop = measured.get(crashLoop.name)!;
      compare(t, 'a crash loop every 150 ms', ofLoop);
      assertComplete(ofLoop);
      const { cpu, instances } = ofLoop.unit;
      const { reapedOutsideSeconds, unknownSeconds } = cpu.unattributed!;
      // systemd reaps main processes. What it waited for before it was known to be who does stays without a cause.
      assert.ok(reapedOutsideSeconds! > 0.8 * (reapedOutsideSeconds! + unknownSeconds));
      assert.ok(instances > restarted / 2 && instances <= restarted + 1, `${instances} instances`);
    });
  });

  test('books bytes that children wrote once, and to no parent in a burst', async (t) => {
    const args = ['--cgroup-root', lab.cgroupRoot, '--service', 'writer', '--service', 'nginx'];
    await services.startNginx(lab);
    const times = ['--interval', '0.2', '--duration', '6'];
    // With exit records, bytes of what no sample saw are its name's, and not the parent's.
    const program = startUnitledger([...args, '--exit-records=off', '--summary', 'json', ...times]);
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
