import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { type Host, openHost } from '../../src/host/host.ts';
import { isEnding, parseStat, StatFields } from '../../src/host/proc/stat.ts';
import {
  ORIGIN_BASELINE,
  ORIGIN_BIRTH,
  ProcessColumns,
  ROW_ALIVE,
  ROW_ENDED,
  ROW_FOREIGN_CHILD,
  ROW_LEFT,
  ROW_ZOMBIE,
} from '../../src/sampling/process-columns.ts';
import { type ReadProblem, ReadProblems } from '../../src/sampling/read-problems.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import type { TrackedProcess } from '../../src/sampling/tracked-process.ts';
import { changedRows } from '../ledger/changed-rows.ts';
import { ListedTargets } from './listed-targets.ts';

const host = openHost('/proc', systemClock);
/** Of the tables of a run. */
const FIRST_CAPACITY = 64;

function foreignChildrenIn({ rows, slots, count }: Sample): number[] {
  const own = [...slots.subarray(0, count)].filter((slot) => rows.state[slot] === ROW_FOREIGN_CHILD);
  return own.map((slot) => rows.pid[slot]!);
}

/** A shell that does what it is told, line by line, and says when it has. */
class Worker {
  readonly child: ChildProcess;
  readonly pid: number;

  constructor() {
    this.child = spawn('/bin/sh', ['-c', 'while read -r line; do eval "$line"; echo done; done'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.pid = this.child.pid!;
  }

  /** Resolves with what the line printed, once it is done. */
  async run(line: string): Promise<string> {
    let printed = '';
    this.child.stdin!.write(`${line}\n`);
    while (!printed.endsWith('done\n')) printed += String((await once(this.child.stdout!, 'data'))[0]);
    return printed.slice(0, -'done\n'.length);
  }

  /** Waits until it sleeps, so that it uses nothing more. */
  settle(): void {
    while (!/\) S /.test(readFileSync(`/proc/${this.pid}/stat`, 'latin1'))) {
      // It is on its way to its next read.
    }
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

/** Says so when it holds 300 MB of memory, and sleeps. */
const HOLDS_MUCH = `exec perl -e '$| = 1; $x = "x" x 300_000_000; print "ready\\n"; sleep 1000'`;
const SPIN = 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done';

function ownDescriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      // The descriptor that listed the directory is gone by now.
      return [];
    }
  });
}

const heldOf = (pid: number) => ownDescriptors().filter((path) => path.startsWith(`/proc/${pid}/`));

const ways: [string, Host][] = [
  ['by the kernel clocks', host],
  ['by ticks alone', { ...host, clocks: null }],
  ['with no descriptor to hold', { ...host, descriptorLimit: 0 }],
];

for (const [way, watched] of ways) {
  describe(`sampling real processes ${way}`, () => {
    let targets: ListedTargets;
    let sampler: Sampler;
    let said: ReadProblem[];
    let workers: Worker[];

    const start = async () => {
      const worker = new Worker();
      await worker.run(':');
      workers.push(worker);
      targets.members.push(worker.pid);
      return worker;
    };
    let rowsBefore: ProcessColumns;
    const sample = (full = false, atSeconds = systemClock.monotonicSeconds()) => {
      const taken = sampler.sample(atSeconds, systemClock.unixMillis(), full);
      const { changed } = changedRows(taken.rows, rowsBefore, taken.slots.subarray(0, taken.count));
      const listed = [...taken.changed.subarray(0, taken.changedCount)];
      for (const slot of changed) assert.ok(listed.includes(slot), 'a row that changed is listed so');
      const { capacity } = taken.rows;
      rowsBefore = taken.rows.grown(capacity);
      return taken;
    };
    const slotOf = (taken: Sample, pid: number) => {
      const slots = [...taken.slots.subarray(0, taken.count)].filter((slot) => taken.rows.pid[slot] === pid);
      assert.ok(slots.length > 0, `no row for PID ${pid}`);
      return slots.at(-1)!;
    };

    beforeEach(() => {
      targets = new ListedTargets();
      rowsBefore = new ProcessColumns(FIRST_CAPACITY);
      said = [];
      workers = [];
      sampler = new Sampler(watched, targets, new ReadProblems((problem) => said.push(problem)), {
        showCommandLine: false,
      });
    });
    afterEach(async () => {
      sampler.close();
      await Promise.all(workers.map((worker) => worker.end()));
    });

    it('starts with existing processes, and counts later ones from their birth', async () => {
      const early = await start();
      const first = sample();
      assert.equal(first.rows.origin[slotOf(first, early.pid)], ORIGIN_BASELINE);
      const late = await start();
      const second = sample();
      const slot = slotOf(second, late.pid);
      assert.equal(second.rows.origin[slot], ORIGIN_BIRTH);
      assert.equal(second.identities[slot]!.name, 'sh');
      assert.ok(second.identities[slot]!.bornAtSeconds <= second.atSeconds);
      assert.ok(second.identities[slot]!.bornAtSeconds >= first.atSeconds - 0.02);
    });

    it('reads CPU and bytes of a process that worked, and its waited-for children separately', async () => {
      const worker = await start();
      const before = sample();
      const slot = slotOf(before, worker.pid);
      const [cpu, reaped, written] = [
        before.rows.cpuNanos[slot]!,
        before.rows.reapedNanos[slot]!,
        before.rows.writeChars[slot]!,
      ];
      await worker.run(SPIN);
      await worker.run(`/bin/sh -c '${SPIN}'`);
      await worker.run('echo 0123456789');
      const { rows } = sample();
      assert.ok(rows.cpuNanos[slot]! > cpu, 'own CPU');
      assert.ok(rows.reapedNanos[slot]! > reaped, 'CPU of what it waited for');
      assert.ok(rows.writeChars[slot]! >= written + 11, 'bytes');
      assert.ok(rows.memoryBytes[slot]! > 100_000);
    });

    it('carries over idle rows unread, and closes everything that it held', async () => {
      const worker = await start();
      worker.settle();
      sample();
      let one = sample();
      // On its way to sleep it may have run a little.
      while (one.changedCount > 0) one = sample();
      const slot = slotOf(one, worker.pid);
      const figures = [one.rows.cpuNanos[slot], one.rows.memoryBytes[slot], one.rows.writeChars[slot]];
      const { rows } = sample();
      assert.deepEqual([rows.cpuNanos[slot], rows.memoryBytes[slot], rows.writeChars[slot]], figures);
      sampler.close();
      assert.deepEqual(heldOf(worker.pid), []);
    });

    it('ends the row of a process that is gone, once, and reuses its slot', async () => {
      const worker = await start();
      sample();
      await worker.run(SPIN);
      const alive = sample();
      const slot = slotOf(alive, worker.pid);
      const cpu = alive.rows.cpuNanos[slot];
      await worker.end();
      targets.members = [];
      const gone = sample();
      assert.equal(gone.rows.state[slot], ROW_ENDED);
      assert.equal(gone.rows.cpuNanos[slot], cpu, 'the last counters are kept');
      assert.equal(sample().count, 0);
      assert.deepEqual(heldOf(worker.pid), []);
      const next = await start();
      const reused = sample();
      assert.equal(slotOf(reused, next.pid), slot);
      assert.deepEqual(said, []);
    });

    it('follows a process that was moved away as a foreign child, and returns it to its row', async () => {
      const worker = await start();
      sample();
      targets.members = [];
      const left = sample();
      const slot = slotOf(left, worker.pid);
      assert.equal(left.rows.state[slot], ROW_LEFT);
      const serial = left.rows.serial[slot];
      const foreign = sample();
      assert.equal(foreign.rows.state[slot], ROW_FOREIGN_CHILD);
      targets.members = [worker.pid];
      const back = sample();
      const again = slotOf(back, worker.pid);
      assert.equal(again, slot);
      assert.equal(back.rows.serial[again], serial);
      assert.equal(back.rows.state[again], ROW_ALIVE);
      assert.equal(back.rows.origin[again], ORIGIN_BASELINE);
    });

    it('does not mistake a member that ends for one that was moved away, though no list contains it any more', async () => {
      // Its memory takes the kernel a while to take apart.
      const ending = spawn('/bin/sh', ['-c', HOLDS_MUCH], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(ending, 'exit');
      await once(ending.stdout, 'data');
      const pid = ending.pid!;
      const stat = () => {
        const fields = new StatFields();
        const line = readFileSync(`/proc/${pid}/stat`);
        parseStat(line, line.length, fields);
        return fields;
      };
      targets.members = [pid];
      sample();
      ending.kill('SIGKILL');
      while (!isEnding(stat())) {
        // The signal is on its way.
      }
      targets.members = [];
      const taken = sample();
      assert.notEqual(taken.rows.state[slotOf(taken, pid)], ROW_LEFT);
      await ended;
    });

    it('finds children of members that ran elsewhere earlier, from the second tick on', async (t) => {
      const worker = await start();
      const child = Number(await worker.run('sleep 1000 >/dev/null & echo $!'));
      t.after(() => process.kill(child, 'SIGKILL'));
      targets.cgroups.set(child, '/elsewhere');
      sample();
      assert.deepEqual(foreignChildrenIn(sample()), [child]);
    });

    it('finds children of members that are born into other cgroups when they appear', async (t) => {
      const worker = await start();
      for (let tick = 0; tick < 3; tick++) sample();
      const child = Number(await worker.run('sleep 1000 >/dev/null & echo $!'));
      t.after(() => process.kill(child, 'SIGKILL'));
      targets.cgroups.set(child, '/elsewhere');
      assert.deepEqual(foreignChildrenIn(sample()), [child]);
    });

    it('does not mistake a thread of a foreign child for another one', async (t) => {
      const worker = await start();
      for (let tick = 0; tick < 3; tick++) sample();
      const program =
        'import threading, time; threading.Thread(target=time.sleep, args=(1000,)).start(); print("up", flush=True)';
      const child = Number(await worker.run(`python3 -c '${program}' >&2 & echo $!`));
      t.after(() => process.kill(child, 'SIGKILL'));
      while (readdirSync(`/proc/${child}/task`).length < 2) {
        // Its second thread is on its way.
      }
      targets.cgroups.set(child, '/elsewhere');
      for (const thread of readdirSync(`/proc/${child}/task`))
        targets.cgroups.set(Number(thread), '/elsewhere');
      assert.deepEqual(foreignChildrenIn(sample()), [child]);
    });

    for (const [where, cgroup] of [
      ['', '/system.slice/listed.service'],
      [', also where v1 shows it in the root', '/'],
    ] as const)
      it(`gives a member that ended before any listing a row with all its usage${where}`, async () => {
        const worker = await start();
        for (let tick = 0; tick < 3; tick++) sample();
        // The shell does not wait for it before its next line.
        const child = Number(await worker.run("python3 -c 'sum(range(3000000))' >/dev/null & echo $!"));
        while (!/\) Z /.test(readFileSync(`/proc/${child}/stat`, 'latin1'))) {
          // It counts.
        }
        targets.cgroups.set(child, cgroup);
        const now = sample();
        const slot = slotOf(now, child);
        assert.equal(now.rows.state[slot], ROW_ZOMBIE);
        assert.equal(now.rows.origin[slot], ORIGIN_BIRTH);
        assert.ok(now.rows.cpuNanos[slot]! > 10_000_000);
      });

    it('books all usage of a member that was born after the listing of the second tick', async (t) => {
      const worker = await start();
      sample();
      const secondAtSeconds = systemClock.monotonicSeconds();
      const child = Number(await worker.run('sleep 1000 >/dev/null & echo $!'));
      t.after(() => process.kill(child, 'SIGKILL'));
      const second = sample(false, secondAtSeconds);
      assert.equal(second.count, 1, 'the child is no foreign child');
      targets.members.push(child);
      const third = sample();
      assert.equal(third.rows.origin[slotOf(third, child)], ORIGIN_BIRTH);
    });

    it('reads parents before their children, and knows outside parents', async () => {
      const worker = await start();
      const child = Number(await worker.run('sleep 1000 >/dev/null & echo $!'));
      targets.members = [child, worker.pid];
      const taken = sample();
      assert.deepEqual(
        [...taken.slots.subarray(0, taken.count)].map((slot) => taken.rows.pid[slot]),
        [worker.pid, child],
      );
      assert.deepEqual(
        taken.outsideParents.map(({ pid, unit, isSelf }) => ({ pid, unit, isSelf })),
        [{ pid: process.pid, unit: 0, isSelf: true }],
      );
      process.kill(child, 'SIGKILL');
    });

    it('notices that a script executes a program of its own name', async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'unitledger-wrapper-'));
      t.after(() => rmSync(folder, { recursive: true }));
      mkdirSync(join(folder, 'bin'));
      copyFileSync('/bin/sleep', join(folder, 'bin/wrapped'));
      const script = join(folder, 'wrapped');
      writeFileSync(script, `#!/bin/sh\nread -r line\nexec ${folder}/bin/wrapped 1000\n`);
      chmodSync(script, 0o755);
      const child = spawn(script, { stdio: ['pipe', 'ignore', 'inherit'] });
      t.after(() => child.kill('SIGKILL'));
      const pid = child.pid!;
      const sleeps = () => readFileSync(`/proc/${pid}/stat`, 'latin1').startsWith(`${pid} (wrapped) S `);
      while (!sleeps()) {
        // The script is on its way.
      }
      targets.members = [pid];
      const first = sample();
      const { executable, comm } = first.identities[slotOf(first, pid)] as TrackedProcess;
      assert.equal(comm, 'wrapped');
      assert.notEqual(executable, 'wrapped');
      child.stdin.write('go\n');
      while (!readlinkSync(`/proc/${pid}/exe`).endsWith('/bin/wrapped') || !sleeps()) {
        // It is about to execute the program.
      }
      const taken = sample();
      assert.equal(taken.identities[slotOf(taken, pid)]!.executable, 'wrapped');
      assert.ok([...taken.changed.subarray(0, taken.changedCount)].includes(slotOf(taken, pid)));
    });

    it('renames a process when it executes another program', async () => {
      const worker = await start();
      sample();
      await worker.run(`exec /bin/sleep 1000 & wait_pid=$!; echo $wait_pid`).then(async (printed) => {
        const child = Number(printed);
        targets.members = [worker.pid, child];
        while (readFileSync(`/proc/${child}/comm`, 'utf8') !== 'sleep\n') await worker.run(':');
        const taken = sample(true);
        const identity = taken.identities[slotOf(taken, child)]!;
        assert.equal(identity.name, 'sleep');
        assert.equal(identity.executable, 'sleep');
        process.kill(child, 'SIGKILL');
      });
    });
  });
}

describe('sampling when descriptors run short', () => {
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  it('gives every process a row, and holds at most as many as permitted', () => {
    const targets = new ListedTargets();
    for (let i = 0; i < 40; i++) {
      const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
      children.push(child);
      targets.members.push(child.pid!);
    }
    const sampler = new Sampler({ ...host, descriptorLimit: 40 }, targets, new ReadProblems(() => {}), {
      showCommandLine: false,
    });
    const before = ownDescriptors().length;
    const { count } = sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis());
    assert.equal(count, 40);
    assert.ok(ownDescriptors().length - before <= 20, 'half of a small limit is left to others');
    sampler.close();
    assert.equal(ownDescriptors().length, before);
  });
});
