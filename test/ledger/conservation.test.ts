import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { SimulatedUnit } from './simulated-unit.ts';

/** Histories a property is tried on; more by the environment, for a long search. */
const RUNS = Number(process.env.HISTORIES ?? 500);

/** Two ticks of 10 ms for each row that ever reaped: `cutime` and `cstime` are cut down to ticks. */
const TOLERANCE_SECONDS = 0.02;

const step = fc.record({
  what: fc.constantFrom(
    'work',
    'work',
    'fork',
    'fork',
    'exit',
    'exit',
    'reap',
    'reap',
    'reap',
    'foreign',
    'move',
    'elsewhere',
  ),
  whom: fc.nat(1000),
  nanos: fc.nat(80_000_000),
  bytes: fc.nat(1_000_000),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One tick: what happens before it, and how many of the steps happen between its reads. */
const history = fc.array(fc.record({ steps: fc.array(step, { maxLength: 40 }), during: fc.nat(20) }), {
  minLength: 2,
  maxLength: 12,
});

/** What else may happen beside members waiting for their own children. */
interface World {
  readonly orphans: boolean;
  readonly foreigners: boolean;
  /** Processes are moved out of the unit and back, and children are born into other cgroups. */
  readonly movers: boolean;
}

const TIDY: World = { orphans: false, foreigners: false, movers: false };

function act(
  unit: SimulatedUnit,
  { what, whom, nanos, bytes }: Step,
  { orphans, foreigners, movers }: World,
): void {
  const { living } = unit;
  const one = living[whom % Math.max(1, living.length)];
  if (one === undefined) return;
  if (what === 'work') unit.work(one, nanos, bytes);
  else if (what === 'fork' && unit.processes.length < 200) unit.fork(one);
  else if (what === 'exit') {
    const hasChildren = unit.processes.some(
      (process) => process.parent === one && process.state !== 'reaped',
    );
    if (one.parent === null || (hasChildren && !orphans)) return;
    unit.work(one, nanos % 1_000_000, 0);
    unit.exit(one);
  } else if (what === 'reap') {
    const zombies = unit.processes.filter((process) => process.state === 'zombie');
    const zombie = zombies[whom % Math.max(1, zombies.length)];
    if (zombie !== undefined) unit.reap(zombie);
  } else if (what === 'foreign' && foreigners) unit.reapForeign(one, 10 * nanos, bytes);
  else if (what === 'move' && movers && one.parent !== null) unit.move(one, !one.isElsewhere);
  else if (what === 'elsewhere' && movers && unit.processes.length < 200) unit.fork(one, true);
}

/** Runs a history under a ledger, checking after each tick; ends with all waited for, and quiet ticks. */
function run(ticks: { steps: Step[]; during: number }[], world: World, spares = false) {
  const unit = new SimulatedUnit(12, spares);
  const root = unit.fork(null)!;
  // A past from before the watch: none of it may be booked.
  unit.work(root, 5e9, 5_000_000);
  const early = unit.fork(root)!;
  unit.work(early, 3e9, 3_000_000);
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 1000);
  let baseline = { usageNanos: 0, writtenBytes: 0, writtenAnywhere: 0 };
  let reapers = 0;
  let duringSeconds = 0;
  const tick = (steps: Step[], readsAll = false) => {
    const left = [...steps];
    const usageBefore = unit.usageNanos;
    const usage = ledger.book(
      unit.sample(() => {
        const next = left.shift();
        if (next !== undefined) act(unit, next, world);
      }, readsAll),
    );
    totals.gather();
    // A sample that reads less has fewer moments between two reads, but as much happens.
    for (const one of left) act(unit, one, world);
    const usedMeanwhile = (unit.usageNanos - usageBefore) / 1e9;
    duringSeconds += usedMeanwhile;
    reapers = Math.max(reapers, unit.processes.filter((process) => process.reapedNanos > 0).length);
    for (let i = 0; i < usage.liveCount; i++) {
      const slot = usage.liveSlots[i]!;
      for (const column of [
        'cpuSeconds',
        'reapedCpuSeconds',
        'diskBytes',
        'transferBytes',
        'observedSeconds',
      ] as const) {
        assert.ok(!(usage.rows[column][slot]! < 0), `${column} is negative`);
      }
    }
    return usage;
  };
  tick([]);
  baseline = {
    usageNanos: unit.usageNanos,
    writtenBytes: unit.writtenBytes,
    writtenAnywhere: unit.writtenAnywhere,
  };
  for (const { steps, during } of ticks) {
    for (const one of steps.slice(during)) act(unit, one, world);
    tick(steps.slice(0, during));
    const account = ledger.units[0]!;
    assert.ok(
      account.attributedSeconds <= account.totalSeconds + 1e-5,
      `attributed ${account.attributedSeconds} above total ${account.totalSeconds}`,
    );
  }
  // Who ended unseen shows once it is waited for.
  for (const process of unit.processes) if (process.state === 'zombie') unit.reap(process);
  for (let i = 0; i < 3; i++) tick([], true);
  const document = totals.document({
    startedUnixMillis: 0,
    startedAtSeconds: 0,
    endedUnixMillis: 0,
    intervalSeconds: 0.5,
    samples: 0,
    missedSamples: 0,
    export: { delivered: 0, failed: 0, spooled: 0 },
  });
  return {
    unit,
    reapers,
    duringSeconds,
    cpu: document.units[0]!.cpu,
    rows: document.units[0]!.processes,
    usedSeconds: (unit.usageNanos - baseline.usageNanos) / 1e9,
    writtenBytes: unit.writtenBytes - baseline.writtenBytes,
    writtenAnywhere: unit.writtenAnywhere - baseline.writtenAnywhere,
  };
}

describe('conservation, over random histories of fork, work, exit and reap', () => {
  it('never books more than the unit used, and its rows add up to the attributed CPU', () => {
    fc.assert(
      fc.property(history, fc.boolean(), fc.boolean(), fc.boolean(), (ticks, orphans, foreigners, movers) => {
        const { cpu, rows, usedSeconds } = run(ticks, { orphans, foreigners, movers });
        assert.ok(Math.abs(cpu.totalSeconds! - usedSeconds) < 1e-6);
        const sum = rows.reduce((total, row) => total + row.cpuSeconds + row.reapedCpuSeconds, 0);
        assert.ok(
          Math.abs(sum - cpu.attributedSeconds) < 1e-6,
          `rows ${sum}, attributed ${cpu.attributedSeconds}`,
        );
      }),
      { numRuns: RUNS },
    );
  });

  it('accounts for all CPU if members wait for their own children', () => {
    fc.assert(
      fc.property(history, (ticks) => {
        const { unit, cpu, usedSeconds, reapers } = run(ticks, TIDY);
        fc.pre(unit.reapedInside);
        const missing = usedSeconds - cpu.attributedSeconds;
        assert.ok(missing <= TOLERANCE_SECONDS * (reapers + 1), `missing ${missing} s of ${usedSeconds} s`);
      }),
      { numRuns: RUNS },
    );
  });

  it('books the same whether reads are skipped or everything is read in every tick', () => {
    let spared = 0;
    fc.assert(
      fc.property(history, fc.boolean(), fc.boolean(), (ticks, orphans, foreigners) => {
        const full = run(ticks, { orphans, foreigners, movers: false });
        const sparing = run(ticks, { orphans, foreigners, movers: false }, true);
        spared += sparing.unit.spared;
        assert.equal(sparing.cpu.totalSeconds, full.cpu.totalSeconds);
        const booked = (of: typeof full) =>
          of.rows.reduce((sum, row) => sum + row.cpuSeconds + row.reapedCpuSeconds, 0);
        // What is used while a sample is taken may be read a tick later, from whoever waited for it, in whole ticks; and
        // what is cut as foreign is cut by what the unit has room for just then.
        const isBlurred = foreigners || full.duringSeconds > 0;
        const blur = isBlurred ? full.duringSeconds + 2 * TOLERANCE_SECONDS * (full.reapers + 1) : 0;
        assert.ok(
          Math.abs(booked(sparing) - booked(full)) <= blur + 1e-6,
          `booked ${booked(sparing)}, ${booked(full)} where all is read`,
        );
      }),
      { numRuns: RUNS },
    );
    assert.ok(spared > RUNS, `only ${spared} reads were spared`);
  });

  it('never books a byte twice, and books all bytes if members wait for their own children', () => {
    fc.assert(
      fc.property(history, (ticks) => {
        const { unit, rows, writtenBytes } = run(ticks, TIDY);
        fc.pre(unit.reapedInside);
        const sum = rows.reduce((total, row) => total + (row.diskBytes ?? 0), 0);
        assert.equal(sum, writtenBytes);
      }),
      { numRuns: RUNS },
    );
  });

  it('never books a byte twice, wherever processes are moved and born', () => {
    fc.assert(
      fc.property(history, fc.boolean(), (ticks, orphans) => {
        const { rows, writtenAnywhere } = run(ticks, { orphans, foreigners: false, movers: true });
        const sum = rows.reduce((total, row) => total + (row.diskBytes ?? 0), 0);
        assert.ok(sum <= writtenAnywhere, `${sum} of ${writtenAnywhere} bytes`);
      }),
      { numRuns: RUNS },
    );
  });
});
