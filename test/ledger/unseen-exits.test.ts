import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import type { RunUnit } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import type { ExitBatch, ProcessExit } from '../../src/sampling/exit-records.ts';
import type { OutsideParentReading } from '../../src/sampling/sample.ts';
import { type SimulatedProcess, SimulatedUnit } from './simulated-unit.ts';

/** Histories a property is tried on; more by the environment, for a long search. */
const RUNS = Number(process.env.HISTORIES ?? 300);
const MILLION = 1_000_000;

/** A story in which the test itself says what is recorded. */
function told() {
  const take: ProcessExit[] = [];
  const whole = story();
  return { ...whole, take, tick: () => whole.tick(undefined, 0, [], take.splice(0)) };
}

function recordNamed(pid: number, ppid: number, name: string): ProcessExit {
  const bytes = { readBytes: 0, writeBytes: 0, cancelledWriteBytes: 0, readChars: 0, writeChars: 0 };
  return { pid, ppid, name, cpuSeconds: 0, exitCode: 0, peakMemoryBytes: 4096, ...bytes };
}

function documentOf(totals: RunTotals): RunUnit {
  const facts = {
    startedUnixMillis: 0,
    startedAtSeconds: 0,
    endedUnixMillis: 0,
    intervalSeconds: 0.5,
    samples: 0,
  };
  return totals.document({ ...facts, missedSamples: 0, export: null }).units[0]!;
}

/** A unit with one process, under two ledgers that book the same samples: one knows of exit records. */
function story(pids = 200, hasEvents = false) {
  const unit = new SimulatedUnit(pids, false, hasEvents);
  const ledger = new Ledger();
  const without = new Ledger();
  const totals = new RunTotals(ledger, 1000);
  const totalsWithout = new RunTotals(without, 1000);
  const root = unit.fork(null)!;
  const named = new Map<number, string>();
  const tick = (
    meanwhile?: () => void,
    lostShare = 0,
    outsideParents: OutsideParentReading[] = [],
    recorded?: readonly ProcessExit[],
    lostEvents = 0,
  ) => {
    const sample = { ...unit.sample(meanwhile), outsideParents };
    const batch: ExitBatch = unit.exits(lostShare);
    const exits = (recorded ?? batch.exits).map((exit) => ({
      ...exit,
      name: named.get(exit.pid) ?? exit.name,
    }));
    const events = unit.events(lostEvents);
    const usage = ledger.book(sample, { ...batch, exits }, hasEvents ? events : undefined);
    without.book(sample);
    totals.gather();
    totalsWithout.gather();
    return usage;
  };
  /** A child that lives and is waited for between two samples. */
  const burst = (parent: SimulatedProcess, name: string, millis: number, bytes = 0, waited = true) => {
    const child = unit.fork(parent)!;
    named.set(child.pid, name);
    unit.work(child, millis * MILLION, bytes);
    unit.exit(child);
    if (waited) unit.reap(child);
    return child;
  };
  const figures = () => {
    const { exited, processes } = documentOf(totals);
    return {
      names: Object.fromEntries(
        exited.map(({ name, count, cpuSeconds, diskBytes }) => [
          name,
          [count, Math.round(cpuSeconds * 1000), diskBytes],
        ]),
      ),
      reaped: Math.round(processes.reduce((sum, row) => sum + row.reapedCpuSeconds, 0) * 1000),
      written: processes.reduce((sum, row) => sum + (row.diskBytes ?? 0), 0),
    };
  };
  return {
    unit,
    ledger,
    root,
    tick,
    burst,
    figures,
    documents: () => [totals, totalsWithout].map(documentOf),
  };
}

describe('the name of a process with a row', () => {
  for (const [what, name] of [
    ['becomes that of its exit record', 'renamed'],
    ['stays if its exit record has none', ''],
  ] as const)
    it(what, () => {
      const { unit, root, tick, take, documents } = told();
      const child = unit.fork(root)!;
      tick();
      unit.exit(child);
      unit.reap(child);
      take.push(recordNamed(child.pid, root.pid, name));
      tick();
      const [named, without] = documents().map(
        ({ processes }) => processes.find(({ pid }) => pid === child.pid)!.name,
      );
      assert.equal(named, name === '' ? without : name);
      assert.notEqual(without, 'renamed');
    });
});

test('a process that had the PID of a new row before it, and another parent, has the first record of that PID', () => {
  const { unit, root, tick, take, documents } = told();
  const other = unit.fork(root)!;
  tick();
  const row = unit.fork(other)!;
  take.push(recordNamed(row.pid, root.pid, 'before'));
  tick();
  unit.exit(row);
  unit.reap(row);
  take.push(recordNamed(row.pid, other.pid, 'own'));
  tick();
  tick();
  const [{ processes, exited }] = documents() as [RunUnit, RunUnit];
  assert.equal(processes.find(({ pid }) => pid === row.pid)!.name, 'own');
  assert.deepEqual(
    exited.map(({ name, count }) => [name, count]),
    [['before', 1]],
  );
});

describe('names of processes that ended unseen', () => {
  it('get the CPU that their parent waited for, in proportion to their records', () => {
    const { root, tick, burst, figures } = story();
    tick();
    burst(root, 'cc1', 80, 4096);
    burst(root, 'as', 20);
    burst(root, 'as', 20);
    tick();
    assert.deepEqual(figures(), {
      names: { cc1: [1, 80, 4096], as: [2, 40, 0] },
      reaped: 0,
      written: 0,
    });
  });

  it('share equally if the records show no CPU', () => {
    const { root, tick, burst, figures } = story();
    tick();
    // Below half a scheduler tick each.
    for (let i = 0; i < 12; i++) burst(root, i % 3 === 0 ? 'ls' : 'true', 1);
    tick();
    // Of 12 ms, 10 show in ticks.
    const { names } = figures();
    assert.deepEqual(names, { true: [8, 7, 0], ls: [4, 3, 0] });
  });

  it('wait for their CPU until their parent has waited for them', () => {
    const { unit, root, tick, burst, figures } = story();
    tick();
    // Ends after its parent was read, before the records are.
    const child = burst(root, 'cc1', 80, 0, false);
    tick();
    assert.deepEqual(figures().names, { cc1: [1, 0, null] });
    unit.reap(child);
    tick();
    assert.deepEqual(figures().names, { cc1: [1, 80, 0] });
  });

  it('do not take the CPU of others for one that will be waited for later', () => {
    const { unit, root, tick, burst, figures } = story();
    tick();
    const child = burst(root, 'cc1', 5000, 0, false);
    for (let i = 0; i < 4; i++) burst(root, 'as', 10);
    tick();
    assert.deepEqual(figures().names.as, [4, 40, 0]);
    unit.reap(child);
    burst(root, 'as', 10);
    tick();
    const { cc1, as } = figures().names;
    assert.ok(Math.abs((cc1?.[1] ?? 0) - 5000) < 5 && Math.abs((as?.[1] ?? 0) - 50) < 5, `${cc1}, ${as}`);
  });

  it('reach through unseen parents', () => {
    const { unit, root, tick, burst, figures } = story();
    tick();
    const make = unit.fork(root)!;
    const gcc = unit.fork(make)!;
    burst(gcc, 'cc1', 40);
    for (const process of [gcc, make]) {
      unit.exit(process);
      unit.reap(process);
    }
    tick();
    const { names, reaped } = figures();
    assert.deepEqual(names.cc1, [1, 40, 0]);
    assert.equal(Object.keys(names).length, 3);
    assert.equal(reaped, 0);
  });

  it('reach through a parent that began after the processes were listed', () => {
    const { unit, root, tick, burst, figures } = story();
    tick();
    let gcc: SimulatedProcess | undefined;
    // Read: root, then after the listing.
    const later = [
      () => {},
      () => {
        gcc = unit.fork(root)!;
        burst(gcc, 'cc1', 40);
      },
    ];
    tick(() => later.shift()?.());
    assert.deepEqual(figures().names, {}, 'whose it is cannot be known yet');
    unit.exit(gcc!);
    unit.reap(gcc!);
    tick();
    assert.deepEqual(figures().names.cc1, [1, 40, 0]);
  });

  it('are paid by the process that waited for a sampled parent', () => {
    const { unit, root, tick, burst, figures } = story();
    tick();
    const gcc = unit.fork(root)!;
    tick();
    burst(gcc, 'cc1', 40);
    unit.exit(gcc);
    unit.reap(gcc);
    tick();
    assert.deepEqual(figures().names, { cc1: [1, 40, 0] });
    assert.equal(figures().reaped, 0);
  });

  it('get what unitledger has waited for of its own command, less the final delta of the command', () => {
    const { unit, root, tick, burst, figures, ledger } = story();
    const self = (reapedNanos: number) => [{ serial: 1, unit: 0, pid: 1, isSelf: true, reapedNanos }];
    unit.work(root, 52 * MILLION, 0);
    tick(undefined, 0, self(0));
    burst(root, 'true', 20);
    unit.work(root, 20 * MILLION, 0);
    const endedWith = root.ownNanos + root.reapedNanos;
    unit.exit(root);
    tick(undefined, 0, self(endedWith));
    assert.deepEqual(figures(), { names: { true: [1, 20, null] }, reaped: 20, written: 0 });
    // Waiting takes a microsecond of its own.
    assert.ok(Math.abs(ledger.units[0]!.attributedSeconds - 0.04) < 1e-5);
  });

  it('leave the final delta of a sampled child to its parent', () => {
    const { unit, root, tick, burst, figures } = story();
    tick();
    const seen = unit.fork(root)!;
    unit.work(seen, 100 * MILLION, 0);
    tick();
    unit.work(seen, 60 * MILLION, 0);
    unit.exit(seen);
    unit.reap(seen);
    burst(root, 'true', 20);
    tick();
    assert.deepEqual(figures(), { names: { true: [1, 20, 0] }, reaped: 60, written: 0 });
  });

  it('are counted if no process waits for them, and get nothing', () => {
    const { root, unit, tick, burst, documents } = story();
    tick();
    for (let i = 0; i < 3; i++) {
      // SIGCHLD ignored: reaped, and in nobody's counters.
      const child = burst(root, 'deaf', 30, 4096, false);
      child.parent = null;
      unit.reap(child);
    }
    tick();
    const [document] = documents();
    const [row] = document!.exited;
    assert.deepEqual([row?.count, row?.cpuSeconds, row?.diskBytes], [3, 0, null]);
    assert.ok(Math.abs(document!.cpu.unattributed!.unknownSeconds - 0.09) < 1e-9);
  });

  it('get at most the received share of all records', () => {
    const { root, tick, burst, figures } = story();
    tick();
    burst(root, 'cc1', 100);
    tick(undefined, 0.25);
    assert.deepEqual(figures(), { names: { cc1: [1, 75, 0] }, reaped: 25, written: 0 });
  });

  it('are distinguished from others that had their PID in the same tick', () => {
    const { tick, figures, take, root } = told();
    tick();
    const exit = (pid: number, ppid: number, name: string) => take.push(recordNamed(pid, ppid, name));
    exit(70, root.pid, 'true');
    // Another process with that number, of a parent elsewhere, and its child.
    exit(71, 70, 'elsewhere');
    exit(70, 999, 'elsewhere');
    exit(70, root.pid, 'true');
    // Numbers of a chain, used again for a chain of the unit.
    exit(72, 71, 'as');
    exit(71, root.pid, 'gcc');
    tick();
    const counts = Object.entries(figures().names).map(([name, [count]]) => [name, count]);
    assert.deepEqual(Object.fromEntries(counts), { true: 2, as: 1, gcc: 1 });
  });

  it('are not children of a row that ended earlier, although their parent had its PID', () => {
    const { unit, tick, figures, take, root } = told();
    const seen = unit.fork(root)!;
    tick();
    take.push(recordNamed(90, seen.pid, 'child'), recordNamed(seen.pid, root.pid, 'seen'));
    unit.exit(seen);
    unit.reap(seen);
    take.push(recordNamed(91, seen.pid, 'elsewhere'), recordNamed(seen.pid, 999, 'elsewhere'));
    tick();
    assert.deepEqual(Object.keys(figures().names), ['child']);
  });

  it('report exit codes and peak memory', () => {
    const { unit, root, tick, documents } = story();
    tick();
    for (let i = 0; i < 70; i++) {
      const child = unit.fork(root)!;
      unit.exit(child);
      unit.reap(child);
    }
    tick();
    const [document] = documents();
    assert.equal(document!.exited.length, 7);
    const ended = document!.exited.map(({ exitCodes }) => exitCodes?.['1'] ?? 0);
    assert.equal(
      ended.reduce((sum, count) => sum + count, 0),
      14,
    );
    assert.equal(Math.max(...document!.exited.map(({ peakMemoryBytes }) => peakMemoryBytes ?? 0)), 71 * 4096);
  });

  it('move to the executable of their name, so that its sum is unchanged', () => {
    const { ledger, root, tick, burst } = story();
    tick();
    burst(root, 'cc1', 80, 4096);
    tick();
    const accounts = [...ledger.units[0]!.executables.all()];
    assert.deepEqual(
      accounts.map((account) => [
        account.executable,
        Math.round(account.cpuSeconds * 1000),
        account.ioBytes('writeBytes'),
      ]),
      [
        ['simulated', 0, 0],
        ['cc1', 80, 4096],
      ],
    );
  });

  it('leave their CPU in the cgroup of the process that waited for them', () => {
    const { unit, root, tick, burst, documents } = story();
    unit.subCgroupOf = ({ serial }) => (serial === root.serial ? '' : '/web');
    tick();
    const shell = unit.fork(root)!;
    tick();
    burst(shell, 'cc1', 80, 4096);
    burst(root, 'cc1', 20);
    tick();
    for (const { subCgroups } of documents()) {
      assert.deepEqual(
        subCgroups.map(({ subCgroup, cpuSeconds, running }) => [
          subCgroup,
          Math.round(cpuSeconds * 1000),
          running,
        ]),
        [
          ['/web', 80, 1],
          [null, 20, 1],
        ],
      );
    }
    assert.deepEqual(
      documents()[0]!.subCgroups.map(({ count, diskBytes }) => [count, diskBytes]),
      [
        [2, 4096],
        [2, 0],
      ],
    );
  });

  it("of a process with a row of its own set the row's final name", () => {
    const { unit, root, tick, documents } = story();
    tick();
    const child = unit.fork(root)!;
    tick();
    unit.exit(child);
    unit.reap(child);
    tick();
    const [document, without] = documents();
    assert.deepEqual(document!.exited, []);
    assert.equal(document!.processes[1]?.name, `name-${child.serial % 7}`);
    assert.equal(without!.processes[1]?.name, `p${child.pid}`);
  });

  it('of a row that ended right after it was first read set its name, too: it is not counted a second time', () => {
    const { unit, root, tick, documents } = story();
    tick();
    const child = unit.fork(root)!;
    // Between the fork and what it was to run; it ends before the records are read.
    let reads = 0;
    tick(() => {
      if (++reads !== 3) return;
      unit.exit(child);
      unit.reap(child);
    });
    tick();
    tick();
    const [document, without] = documents();
    assert.deepEqual(document!.exited, []);
    assert.equal(document!.processes[1]?.name, `name-${child.serial % 7}`);
    assert.equal(without!.processes[1]?.name, `p${child.pid}`);
  });
});

describe('process events in addition to exit records', () => {
  it('count processes adopted by PID 1 in the unit of their birth, and give them nothing', () => {
    const { unit, root, tick, burst, figures } = story(200, true);
    tick();
    const between = unit.fork(root)!;
    const orphan = unit.fork(between)!;
    unit.exit(between);
    unit.reap(between);
    burst(orphan, 'child', 30);
    unit.exit(orphan);
    tick();
    const { names } = figures();
    assert.deepEqual(names.child, [1, 0, null]);
    assert.equal(
      Object.values(names).reduce((sum, [count]) => sum + count!, 0),
      3,
    );
  });

  it("do not count births below a child in another cgroup as the unit's", () => {
    const { unit, root, tick, figures } = story(200, true);
    tick();
    const elsewhere = unit.fork(root, true)!;
    tick();
    const child = unit.fork(elsewhere)!;
    unit.exit(child);
    unit.reap(child);
    tick();
    tick();
    assert.deepEqual(figures().names, {});
  });

  it('give exact births and ends of rows', () => {
    const { unit, root, tick, documents, ledger } = story(200, true);
    tick();
    const child = unit.fork(root)!;
    tick();
    unit.exit(child);
    unit.reap(child);
    tick();
    const [account] = ledger.ended;
    assert.deepEqual(
      [account!.bornAtSeconds, account!.endedAtSeconds],
      [child.bornAtSeconds, child.endedAtSeconds],
    );
    const [document] = documents();
    const lived = document!.processes[1]!.livedSeconds!;
    assert.ok(Math.abs(lived - (child.endedAtSeconds - child.bornAtSeconds)) < 1e-9, `${lived} s`);
  });

  it('that were lost leave everything as without them', () => {
    const { unit, root, tick, burst, figures, ledger } = story(200, true);
    tick();
    const child = unit.fork(root)!;
    burst(root, 'true', 20);
    tick(undefined, 0, [], undefined, 2);
    burst(child, 'true', 20);
    unit.exit(child);
    unit.reap(child);
    tick(undefined, 0, [], undefined, 2);
    assert.deepEqual(figures().names, { true: [2, 40, 0] });
    const [account] = ledger.ended;
    assert.equal(account!.bornAtSeconds, account!.identity.bornAtSeconds);
  });
});

const step = fc.record({
  what: fc.constantFrom('work', 'fork', 'fork', 'exit', 'exit', 'reap', 'reap', 'reap', 'foreign'),
  whom: fc.nat(1000),
  nanos: fc.nat(80 * MILLION),
  bytes: fc.nat(1_000_000),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const history = fc.array(
  fc.record({
    steps: fc.array(step, { maxLength: 40 }),
    during: fc.nat(20),
    lostShare: fc.constantFrom(0, 0, 0, 0.3, 1),
    lostEvents: fc.constantFrom(0, 0, 0, 5),
  }),
  { minLength: 2, maxLength: 12 },
);

function act(unit: SimulatedUnit, { what, whom, nanos, bytes }: Step): void {
  const { living } = unit;
  const one = living[whom % Math.max(1, living.length)];
  if (one === undefined) return;
  if (what === 'work') unit.work(one, nanos, bytes);
  else if (what === 'fork' && unit.processes.length < 200) unit.fork(one);
  else if (what === 'foreign') unit.reapForeign(one, nanos, bytes);
  else if (what === 'exit' && one.parent !== null) {
    unit.work(one, nanos % MILLION, bytes % 5000);
    unit.exit(one);
  } else if (what === 'reap') {
    const zombies = unit.processes.filter((process) => process.state === 'zombie');
    const zombie = zombies[whom % Math.max(1, zombies.length)];
    if (zombie !== undefined) unit.reap(zombie);
  }
}

describe('exit records, over random histories with few PIDs', () => {
  it('count each process once, by its own name: in a row of its own, or with others of that name', () => {
    fc.assert(
      fc.property(history, (ticks) => {
        const { unit, tick, documents } = story(12);
        tick();
        const step = (one: Step) => {
          // What PID 1 takes over has no name, so parents outlive their children here.
          const isParent = (process: SimulatedProcess) =>
            unit.processes.some(({ parent, state }) => parent === process && state !== 'reaped');
          const { living } = unit;
          if (one.what === 'exit' && living.length > 0 && isParent(living[one.whom % living.length]!)) return;
          act(unit, one);
        };
        for (const { steps, during } of ticks) {
          for (const one of steps.slice(during)) step(one);
          const left = steps.slice(0, during);
          tick(() => {
            const next = left.shift();
            if (next !== undefined) step(next);
          });
        }
        for (let i = 0; i < 3; i++) tick();
        const [{ processes, exited }] = documents() as [RunUnit, RunUnit];
        const unseen = exited.reduce((sum, { count }) => sum + count, 0);
        assert.equal(processes.length + unseen, unit.processes.length);
        // A row is named by its own record, whatever ran in it when it was read.
        const named = countsOf([...processes.map(({ name }) => ({ name, count: 1 })), ...exited]);
        const meant = countsOf(
          unit.processes.map(({ pid, serial, state }) => ({
            name: state === 'alive' ? `p${pid}` : `name-${serial % 7}`,
            count: 1,
          })),
        );
        assert.deepEqual(named, meant);
      }),
      { numRuns: RUNS },
    );
  });

  it('count each process once with process events, including those adopted by PID 1', () => {
    fc.assert(
      fc.property(history, (ticks) => {
        const { unit, root, tick, documents, ledger } = story(12, true);
        tick();
        const ended = new Map<number, { born: number; ended: number | null }>();
        const tickOn = (meanwhile?: () => void) => {
          tick(meanwhile);
          for (const { identity, bornAtSeconds: born, endedAtSeconds } of ledger.ended)
            ended.set(identity.serial, { born, ended: endedAtSeconds });
        };
        const step = (one: Step) => {
          const { living } = unit;
          const who = living[one.whom % Math.max(1, living.length)];
          if (one.what === 'exit' && who !== undefined && who !== root) unit.exit(who);
          else if (one.what !== 'foreign') act(unit, one);
        };
        for (const { steps, during } of ticks) {
          for (const one of steps.slice(during)) step(one);
          const left = steps.slice(0, during);
          tickOn(() => {
            const next = left.shift();
            if (next !== undefined) step(next);
          });
        }
        for (let i = 0; i < 3; i++) tickOn();
        const [{ processes, exited }] = documents() as [RunUnit, RunUnit];
        const named = countsOf([...processes.map(({ name }) => ({ name, count: 1 })), ...exited]);
        const meant = countsOf(
          unit.processes.map(({ pid, serial, state }) => ({
            name: state === 'alive' ? `p${pid}` : `name-${serial % 7}`,
            count: 1,
          })),
        );
        assert.deepEqual(named, meant);
        for (const [serial, told] of ended) {
          const { bornAtSeconds, endedAtSeconds } = unit.processes[serial - 1]!;
          // The first was there before the run.
          if (serial > 1) assert.equal(told.born, bornAtSeconds);
          assert.equal(told.ended, endedAtSeconds);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('change no sum: neither the attributed CPU, nor CPU or bytes of rows and names together', () => {
    fc.assert(
      fc.property(history, fc.boolean(), (ticks, hasEvents) => {
        const { unit, root, tick, documents } = story(12, hasEvents);
        unit.subCgroupOf = ({ serial }) => ['', '/web', '/db'][serial % 3]!;
        unit.work(root, 5e9, 5_000_000);
        tick();
        for (const { steps, during, lostShare, lostEvents } of ticks) {
          for (const one of steps.slice(during)) act(unit, one);
          const left = steps.slice(0, during);
          const meanwhile = () => {
            const next = left.shift();
            if (next !== undefined) act(unit, next);
          };
          const { rows, liveSlots, liveCount } = tick(meanwhile, lostShare, [], undefined, lostEvents);
          for (let i = 0; i < liveCount; i++) {
            const slot = liveSlots[i]!;
            assert.ok(!(rows.reapedCpuSeconds[slot]! < 0) && !(rows.diskBytes[slot]! < 0));
          }
        }
        for (let i = 0; i < 3; i++) tick();
        const [withRecords, without] = documents() as [RunUnit, RunUnit];
        assert.deepEqual(withRecords.cpu, without.cpu);
        for (const figure of ['cpuSeconds', 'diskBytes', 'transferBytes'] as const) {
          const [a, b] = [sumOf(withRecords, figure), sumOf(without, figure)];
          assert.ok(Math.abs(a - b) <= 1e-6, `${figure}: ${a} with records, ${b} without`);
        }
        for (const row of withRecords.exited) assert.ok(row.count > 0 && row.cpuSeconds >= 0);
        for (const { cpu, totals, subCgroups, names } of [withRecords, without]) {
          if (subCgroups.length === 0) continue;
          const seconds = subCgroups.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
          assert.ok(Math.abs(seconds - cpu.attributedSeconds) <= 1e-6, `${seconds} in cgroups`);
          for (const figure of ['count', 'running'] as const) {
            const [a, b] = [subCgroups, names].map((rows) => rows.reduce((sum, row) => sum + row[figure], 0));
            assert.equal(a, b, figure);
          }
          assert.equal(
            subCgroups.reduce((sum, row) => sum + (row.diskBytes ?? 0), 0),
            totals.diskBytes ?? 0,
          );
        }
      }),
      { numRuns: RUNS },
    );
  });
});

function countsOf(rows: readonly { readonly name: string; readonly count: number }[]): object {
  const counts: Record<string, number> = {};
  for (const { name, count } of rows) counts[name] = (counts[name] ?? 0) + count;
  return counts;
}

function sumOf({ processes, exited }: RunUnit, figure: 'cpuSeconds' | 'diskBytes' | 'transferBytes'): number {
  let sum = 0;
  for (const row of processes)
    sum += (row[figure] ?? 0) + (figure === 'cpuSeconds' ? row.reapedCpuSeconds : 0);
  for (const row of exited) sum += row[figure] ?? 0;
  return sum;
}
