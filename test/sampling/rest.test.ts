/** What is not read of processes that rest. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { type Host, openHost } from '../../src/host/host.ts';
import { ROW_ALIVE, ROW_ENDED, ROW_FOREIGN_CHILD, ROW_LEFT } from '../../src/sampling/process-columns.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { skipUnless } from '../skip.ts';
import { ListedTargets } from './listed-targets.ts';

const MEMBERS = 40;
const host = openHost('/proc', systemClock);
const hasClocks = host.clocks !== null || (host.clocksMissing ?? 'takes the CPU clocks of processes');

describe('idle members', skipUnless(hasClocks), () => {
  let children: ChildProcess[];
  let targets: ListedTargets;
  let watched: Host;
  let sampler: Sampler;
  /** Looks at clocks of members. */
  let looks: number;
  let lookedAt: number[];
  /** By PID: CPU that a test says a member has used beyond what it has. */
  let usedNanos: Map<number, number>;
  /** Whether other tasks of the host come and go, as they do on most. */
  let othersChange: boolean;
  let turnover: number;
  /** The newest PID of the host. */
  let newestPid: number;
  /** PIDs without a CPU clock. */
  let clockless: Set<number>;
  let seconds: number;

  const sample = (withFigures = false) => {
    seconds += 0.5;
    looks = 0;
    lookedAt = [];
    return sampler.sample(seconds, seconds * 1000, false, withFigures);
  };
  const work = (pid: number, nanos: number) => {
    usedNanos.set(pid, (usedNanos.get(pid) ?? 0) + nanos);
    targets.cpuSeconds += nanos / 1e9;
  };
  const rowOf = ({ rows, slots, count }: ReturnType<typeof sample>, pid: number) => {
    const slot = [...slots.subarray(0, count)].find((each) => rows.pid[each] === pid)!;
    return { state: rows.state[slot], cpuNanos: rows.cpuNanos[slot]! };
  };

  beforeEach(() => {
    seconds = systemClock.monotonicSeconds();
    usedNanos = new Map();
    othersChange = true;
    turnover = 0;
    children = Array.from({ length: MEMBERS }, () => spawn('/bin/sleep', ['1000'], { stdio: 'ignore' }));
    const sleeps = (pid: number) => /^\d+ \(sleep\) S/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    while (!children.every(({ pid }) => sleeps(pid!))) {
      // They are on their way there.
    }
    targets = new ListedTargets(true);
    targets.members = children.map(({ pid }) => pid!);
    const clocks = {
      ...host.clocks!,
      readProcessNanos(pid: number): number {
        looks++;
        lookedAt.push(pid);
        if (clockless.has(pid)) return Number.NaN;
        return 1e9 + (usedNanos.get(pid) ?? 0);
      },
    };
    newestPid = Number.NaN;
    clockless = new Set();
    const taskTurnover = {
      read: () => (othersChange ? ++turnover : turnover),
      get newestPid() {
        return newestPid;
      },
    };
    watched = { ...host, clocks, taskTurnover };
    sampler = new Sampler(watched, targets, new ReadProblems(() => {}), { showCommandLine: false });
  });
  afterEach(() => {
    sampler.close();
    for (const child of children) child.kill('SIGKILL');
  });

  it('are neither read nor listed while nothing runs, except occasionally', () => {
    for (let tick = 0; tick < 4; tick++) sample();
    targets.listings = 0;
    let all = 0;
    for (let tick = 0; tick < 30; tick++) {
      sample();
      all += looks;
    }
    assert.equal(targets.listings, 1);
    assert.ok(all < 2 * MEMBERS, `${all} looks at clocks`);
    sample(true);
    assert.equal(targets.listings, 2, 'members are listed when a window closes');
  });

  it('are listed in the same tick in which something runs', () => {
    for (let tick = 0; tick < 5; tick++) sample();
    targets.listings = 0;
    for (let tick = 0; tick < 8; tick++) {
      work(targets.members[0]!, 1e6);
      sample();
    }
    assert.equal(targets.listings, 8);
  });

  it('are not even listed for a window while no task of the host comes or goes', () => {
    othersChange = false;
    for (let tick = 0; tick < 4; tick++) sample();
    targets.listings = 0;
    for (let tick = 0; tick < 40; tick++) sample(tick % 3 === 0);
    assert.equal(targets.listings, 2);
    turnover++;
    sample(true);
    assert.equal(targets.listings, 3);
  });

  it('are listed occasionally while others run, if no task of the host comes or goes', () => {
    othersChange = false;
    const run = (ticks: number, nanos: number) => {
      targets.listings = 0;
      for (let tick = 0; tick < ticks; tick++) {
        work(targets.members[0]!, nanos);
        sample();
      }
      return targets.listings;
    };
    run(12, 3e6);
    assert.equal(run(8, 3e6), 2);
    turnover++;
    assert.equal(run(1, 3e6), 1);
    assert.equal(run(3, 3e6), 0);
    targets.cpuSeconds += 0.002;
    assert.equal(run(1, 3e6), 1, 'somebody ran here who is not known');
  });

  it('are listed in the same tick in which one runs elsewhere', () => {
    othersChange = false;
    const [busy, mover] = targets.members as [number, number];
    for (let tick = 0; tick < 12; tick++) {
      work(busy, 3e6);
      work(mover, 3e6);
      sample();
    }
    const before = usedNanos.get(mover)!;
    targets.members = targets.members.filter((pid) => pid !== mover);
    for (let tick = 0; tick < 3; tick++) {
      work(busy, 3e6);
      usedNanos.set(mover, usedNanos.get(mover)! + 3e6);
      const row = rowOf(sample(), mover);
      if (tick === 0) assert.equal(row.state, ROW_LEFT);
      assert.ok(row.cpuNanos <= 1e9 + before + 3e6 * (tick + 1));
    }
  });

  it('are passed on by a listing only if the list has changed', () => {
    for (let tick = 0; tick < 3; tick++) sample(true);
    targets.passedOn = 0;
    for (let tick = 0; tick < 3; tick++) sample(true);
    assert.equal(targets.passedOn, 0);
    const left = targets.members.pop()!;
    assert.equal(rowOf(sample(true), left).state, ROW_LEFT);
    assert.equal(targets.passedOn, MEMBERS - 1);
    targets.members.push(left);
    sample(true);
    assert.equal(rowOf(sample(true), left).state, ROW_ALIVE, 'it has come back');
  });

  it('have ended if they are not listed, also after listings that were all the same', async () => {
    for (let tick = 0; tick < 8; tick++) sample(true);
    const [ended] = children.splice(0, 1);
    targets.members.shift();
    ended!.kill('SIGKILL');
    await once(ended!, 'exit');
    assert.equal(rowOf(sample(true), ended!.pid!).state, ROW_ENDED);
  });

  it('are read when it is their turn, however long nothing ran', () => {
    for (let tick = 0; tick < 160; tick++) sample();
    const reads = new Map<number, number>();
    for (let tick = 0; tick < 240; tick++) {
      sample();
      for (const pid of lookedAt) reads.set(pid, (reads.get(pid) ?? 0) + 1);
    }
    assert.deepEqual(reads, new Map([...reads.keys()].map((pid) => [pid, 2])));
    assert.equal(reads.size, MEMBERS);
  });

  it('are read at once when they run after a long rest', () => {
    for (let tick = 0; tick < 160; tick++) sample();
    const [first, second] = targets.members as [number, number];
    for (let tick = 0; tick < 8; tick++) {
      work(first, 2e6);
      assert.equal(rowOf(sample(), first).cpuNanos, 1e9 + usedNanos.get(first)!);
    }
    work(second, 2e6);
    assert.equal(rowOf(sample(), second).cpuNanos, 1e9 + 2e6);
    for (let tick = 0; tick < 8; tick++) {
      work(second, 2e6);
      assert.equal(rowOf(sample(), second).cpuNanos, 1e9 + usedNanos.get(second)!);
    }
  });

  it('leave with their usage here: nothing', () => {
    for (let tick = 0; tick < 6; tick++) sample();
    const left = targets.members.pop()!;
    // It runs where it is now.
    usedNanos.set(left, 5e9);
    let states: (number | undefined)[] = [];
    for (let tick = 0; tick < 20 && !states.includes(ROW_LEFT); tick++) {
      const row = rowOf(sample(), left);
      assert.equal(row.cpuNanos, 1e9);
      states = [...states, row.state];
    }
    assert.equal(states.at(-1), ROW_LEFT);
    assert.ok(states.slice(0, -1).every((state) => state === ROW_ALIVE));
  });

  it('are not read while the clocks of others account for the usage, and all are read if they do not', () => {
    const [busy, other] = targets.members as [number, number];
    for (let tick = 0; tick < 12; tick++) {
      work(busy, 3e6);
      sample();
    }
    let all = 0;
    for (let tick = 0; tick < 5; tick++) {
      work(busy, 3e6);
      assert.equal(rowOf(sample(), busy).cpuNanos, 1e9 + usedNanos.get(busy)!);
      all += looks;
    }
    // One of them works, and each has its turn once in twenty ticks.
    assert.ok(all <= 5 * (1 + MEMBERS / 10), `${all} looks at clocks`);
    work(busy, 3e6);
    work(other, 2e6);
    assert.equal(rowOf(sample(), other).cpuNanos, 1e9 + 2e6);
  });

  describe('that work, with too few descriptors for all their files', () => {
    /** How many files of the members are held, by name. */
    const held = () => {
      const counts: { stat?: number; statm?: number; io?: number } = {};
      for (const descriptor of readdirSync('/proc/self/fd')) {
        let file = '';
        try {
          file = readlinkSync(`/proc/self/fd/${descriptor}`);
        } catch {
          // That of the listing.
        }
        const [, pid, name] = /^\/proc\/(\d+)\/(stat|statm|io)$/.exec(file) ?? [];
        const key = name as keyof typeof counts;
        if (targets.members.includes(Number(pid))) counts[key] = (counts[key] ?? 0) + 1;
      }
      return counts;
    };
    const workAll = () => {
      for (const pid of targets.members) work(pid, 1e6);
    };

    const sampleWith = (descriptors: number) => {
      sampler.close();
      // One more is held on their parent.
      const options = { showCommandLine: false, descriptors: descriptors + 1 };
      sampler = new Sampler(watched, targets, new ReadProblems(() => {}), options);
    };

    beforeEach(() => {
      sampleWith(MEMBERS * 1.5);
      for (let tick = 0; tick < 8; tick++) {
        workAll();
        sample();
      }
    });

    it('keep the files open that are read in every tick, and then no other', () => {
      assert.deepEqual(held(), { statm: MEMBERS, io: MEMBERS / 2 });
      for (let tick = 0; tick < 40; tick++) {
        workAll();
        sample(tick % 20 === 0);
      }
      assert.deepEqual(held(), { statm: MEMBERS, io: MEMBERS / 2 });
    });

    it('leave the descriptor of their identity to others that run later', () => {
      sampleWith(2.25 * MEMBERS);
      for (let tick = 0; tick < 8; tick++) {
        for (const pid of targets.members.slice(0, 10)) work(pid, 1e6);
        sample();
      }
      assert.deepEqual(held(), { stat: MEMBERS, statm: 10, io: 10 });
      for (let tick = 0; tick < 8; tick++) {
        workAll();
        sample();
      }
      const { stat, statm, io } = held();
      assert.deepEqual([statm, io], [MEMBERS, MEMBERS]);
      assert.ok(stat! <= MEMBERS / 4, `${stat} identities`);
    });

    it('hold their identity again when others have ended', async () => {
      const ended = children.splice(8);
      for (const child of ended) child.kill('SIGKILL');
      await Promise.all(ended.map((child) => once(child, 'exit')));
      targets.members = children.map(({ pid }) => pid!);
      for (const { pid } of ended) clockless.add(pid!);
      for (let tick = 0; tick < 3; tick++) {
        workAll();
        sample(true);
      }
      assert.deepEqual(held(), { stat: 8, statm: 8, io: 8 });
    });

    it('have ended when they are gone, and hold nothing then', async () => {
      const [ended] = children.splice(0, 1);
      targets.members.shift();
      ended!.kill('SIGKILL');
      await once(ended!, 'exit');
      clockless.add(ended!.pid!);
      workAll();
      assert.equal(rowOf(sample(), ended!.pid!).state, ROW_ENDED);
      assert.equal(held().statm, MEMBERS - 1);
    });

    it('hold their identity again if they work after a long rest', () => {
      for (let tick = 0; tick < 300; tick++) sample();
      const { statm, io } = held();
      assert.deepEqual([statm, io], [undefined, undefined]);
      workAll();
      sample(true);
      assert.ok((held().stat ?? 0) > 0);
    });
  });

  describe('and new processes in other cgroups', () => {
    let parent: number;
    let child: number;
    let looked: number;

    beforeEach(async () => {
      const shell = spawn('/bin/sh', ['-c', 'sleep 1000 & echo $!; wait'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      children.push(shell);
      parent = shell.pid!;
      const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
      child = Number(line);
      targets.members.push(parent);
      targets.cgroups.set(child, '/elsewhere');
      looked = 0;
      const cgroupOf = targets.cgroupOf.bind(targets);
      targets.cgroupOf = (pid) => {
        if (pid === child) looked++;
        return cgroupOf(pid);
      };
      newestPid = child - 1;
      // The scan of the second tick sees all that is there by then: not yet the child.
      targets.cgroups.delete(child);
      for (let tick = 0; tick < 4; tick++) sample();
      targets.cgroups.set(child, '/elsewhere');
      looked = 0;
    });
    afterEach(() => process.kill(child, 'SIGKILL'));

    it('are not looked at while no member runs', () => {
      newestPid = child;
      for (let tick = 0; tick < 3; tick++) sample();
      assert.equal(looked, 0);
    });

    it('are not looked at if they have no CPU clock: threads, and processes that were reaped', () => {
      newestPid = child;
      clockless.add(child);
      work(parent, 1e6);
      for (let tick = 0; tick < 3; tick++) sample();
      assert.equal(looked, 0);
    });

    it('are found in the tick in which a member ran', () => {
      newestPid = child;
      work(parent, 1e6);
      assert.equal(rowOf(sample(), child).state, ROW_FOREIGN_CHILD);
    });

    it('are found some ticks later if hundreds of others are as new', () => {
      const others = Array.from({ length: 300 }, () => spawn('/bin/sleep', ['1000'], { stdio: 'ignore' }));
      children.push(...others);
      newestPid = Math.max(child, ...others.map(({ pid }) => pid!));
      work(parent, 1e6);
      const states: (number | undefined)[] = [];
      for (let tick = 0; tick < 4 && !states.includes(ROW_FOREIGN_CHILD); tick++) {
        const now = sample();
        states.push(
          [...now.slots.subarray(0, now.count)]
            .map((slot) => now.rows.state[slot])
            .find((state) => state === ROW_FOREIGN_CHILD),
        );
      }
      assert.equal(states.at(-1), ROW_FOREIGN_CHILD);
    });

    it('are found in the next tick if the fork came between the newest PID and the clocks', () => {
      work(parent, 1e6);
      sample();
      newestPid = child;
      assert.equal(rowOf(sample(), child).state, ROW_FOREIGN_CHILD);
    });
  });
});
