import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { namesOf } from '../../../src/ledger/document/run-names.ts';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { RunTotals } from '../../../src/ledger/run/run-totals.ts';
import { LedgerFrames } from '../../../src/views/live/model/ledger-frames.ts';
import { SimulatedChurn } from '../../ledger/simulated-churn.ts';
import { SimulatedUnit } from '../../ledger/simulated-unit.ts';
import { liveRun } from './frames.ts';

const step = fc.record({
  what: fc.constantFrom('work', 'work', 'fork', 'burst', 'burst', 'exit', 'reap', 'move'),
  whom: fc.nat(1000),
  nanos: fc.nat(80_000_000),
});
const history = fc.array(fc.array(step, { maxLength: 30 }), { minLength: 2, maxLength: 12 });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function act(unit: SimulatedUnit, { what, whom, nanos }: Step): void {
  const { living } = unit;
  const one = living[whom % living.length]!;
  if (what === 'work') unit.work(one, nanos, nanos % 4096);
  else if (what === 'fork' && unit.processes.length < 150) unit.fork(one);
  else if (what === 'burst' && unit.processes.length < 150) {
    // It lives between two samples: its parent alone knows what it used, or exit records name it.
    const child = unit.fork(one);
    // All PIDs are taken.
    if (child === undefined) return;
    unit.work(child, nanos, nanos % 4096);
    unit.exit(child);
    unit.reap(child);
  } else if (what === 'exit' && one.parent !== null) unit.exit(one);
  else if (what === 'reap') {
    const zombies = unit.processes.filter(({ state }) => state === 'zombie');
    if (zombies.length > 0) unit.reap(zombies[whom % zombies.length]!);
  } else if (what === 'move' && one.parent !== null) unit.move(one, !one.isElsewhere);
}

const RUN = { startedUnixMillis: 0, startedAtSeconds: 0, endedUnixMillis: 1000 };

describe('names in a frame', () => {
  test('add up to what is attributed to the unit, in every tick and for any history', () => {
    fc.assert(
      fc.property(history, fc.boolean(), (ticks, hasRecords) => {
        const unit = new SimulatedUnit(12);
        unit.subCgroupOf = ({ serial }) => ['', '/web', '/db'][serial % 3]!;
        unit.fork(unit.fork(null)!);
        const ledger = new Ledger();
        const totals = new RunTotals(ledger, 3);
        const frames = new LedgerFrames(ledger);
        for (const steps of ticks) {
          const usage = ledger.book(unit.sample(), hasRecords ? unit.exits() : undefined);
          totals.gather();
          const { units } = frames.frameOf(usage, liveRun());
          const { attributedCpuSeconds, ...unitOf } = units[0]!;
          for (const rows of [unitOf.names, unitOf.subCgroups]) {
            const sum = rows.reduce((all, { cpuSeconds }) => all + cpuSeconds, 0);
            const isSum = Math.abs(sum - attributedCpuSeconds) < 1e-9;
            assert.ok(isSum || rows.length === 0, `${sum}, ${attributedCpuSeconds}`);
          }
          for (const one of steps) act(unit, one);
        }
        const usage = ledger.book(unit.sample());
        totals.gather();
        const last = frames.frameOf(usage, liveRun()).units[0]!;
        const facts = { ...RUN, intervalSeconds: 0.5, samples: 0, missedSamples: 0, export: null };
        const document = totals.document(facts).units[0]!;
        const documented = namesOf(document, RUN);
        const figures = (
          names: readonly { name: string; count: number; running: number; cpuSeconds: number }[],
        ) =>
          names
            .map(({ name, count, running, cpuSeconds }) =>
              [name, count, running, cpuSeconds.toFixed(6)].join(' '),
            )
            .sort();
        assert.deepEqual(figures(last.names), figures(documented));
        assert.deepEqual(
          figures(last.subCgroups),
          figures(document.subCgroups.map((row) => ({ ...row, name: row.subCgroup ?? '' }))),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('have the rates of one tick over the interval of their unit, of processes that ended in it too', () => {
    const churn = new SimulatedChurn(['build.service'], 20);
    const ledger = new Ledger();
    const frames = new LedgerFrames(ledger);
    const next = () => {
      const frame = frames.frameOf(ledger.book(churn.sample()), liveRun());
      churn.sweep();
      return frame.units[0]!;
    };
    const make = churn.start(0, 10, 'make');
    next();
    // Both start within the tick: each alone would be rated over its own short life.
    const first = churn.start(0, 11, 'cc1');
    const second = churn.start(0, 12, 'cc1');
    churn.work(first, 100_000_000, 1000);
    churn.work(second, 150_000_000, 500);
    churn.work(make, 50_000_000);
    const unit = next();
    const named = (name: string) => unit.names.find((each) => each.name === name)!;
    assert.equal(named('cc1').cpuPercent, 50);
    assert.equal(named('cc1').diskBytesPerSecond, 3000);
    assert.deepEqual([named('cc1').count, named('cc1').running, named('cc1').memoryBytes], [2, 2, 2e6]);
    assert.equal(
      unit.names.reduce((sum, { cpuPercent }) => sum + cpuPercent!, 0),
      unit.cpuPercent,
    );

    assert.equal(unit.diskBytesPerSecond, 3000);

    first.isOver = true;
    second.isOver = true;
    const later = next().names.find((each) => each.name === 'cc1')!;
    assert.deepEqual(
      [
        later.count,
        later.running,
        later.cpuPercent,
        later.cpuSeconds,
        later.memoryBytes,
        later.peakMemoryBytes,
      ],
      [2, 0, 0, 0.25, null, 1e6],
    );
  });
});

test('a row that started within a tick is rated over the whole tick, as its unit is', () => {
  const churn = new SimulatedChurn(['a.service'], 4);
  const ledger = new Ledger();
  const frames = new LedgerFrames(ledger);
  frames.frameOf(ledger.book(churn.sample()), liveRun());
  const young = churn.start(0, 10);
  churn.work(young, 250_000_000);
  const frame = frames.frameOf(ledger.book(churn.sample()), liveRun());
  assert.equal(frame.processes[0]!.cpuPercent, frame.units[0]!.cpuPercent);
});
