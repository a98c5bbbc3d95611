import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunProcess } from '../../src/ledger/document/run-document.ts';
import { processOf } from '../../src/ledger/document/run-process.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { EndedProcesses } from '../../src/ledger/run/ended-processes.ts';
import { SimulatedChurn } from './simulated-churn.ts';

const RUN = { startedUnixMillis: 0, startedAtSeconds: 0, endedUnixMillis: 0 };

/** How long each process lives, what it does, and which one is dropped once it has ended. */
const life = fc.record({
  ticks: fc.integer({ min: 1, max: 60 }),
  nanos: fc.nat(4e8),
  bytes: fc.nat(1e6),
  hasIo: fc.boolean(),
  dropped: fc.option(fc.nat(), { freq: 2 }),
});

type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

/** All lives, so many at once. Tells what was said of each as it ended, and what those that are kept say at the end. */
function live(lives: readonly Life[], atOnce: number) {
  const churn = new SimulatedChurn(['a.service'], atOnce);
  const ledger = new Ledger();
  const ended = new EndedProcesses();
  const kept: { place: number; told: RunProcess; peak: number }[] = [];
  let highest = 0;
  const running = new Map<ReturnType<typeof churn.start>, { left: number; life: Life }>();
  const waiting = [...lives];
  for (let pid = 1; waiting.length + running.size > 0; ) {
    while (running.size < atOnce && waiting.length > 0) {
      const next = waiting.pop()!;
      running.set(churn.start(0, pid++, `worker ${pid % 5}`, next.hasIo), { left: next.ticks, life: next });
    }
    for (const [process, state] of running) {
      process.memoryBytes = 4096 * (state.left + 1);
      process.isOver = state.left-- === 0;
      if (!process.isOver) churn.work(process, state.life.nanos / (state.left + 1), state.life.bytes);
    }
    ledger.book(churn.sample());
    churn.sweep();
    for (const [process, { life }] of running) {
      if (!process.isOver) continue;
      running.delete(process);
      if (life.dropped === null || kept.length === 0) continue;
      const [gone] = kept.splice(life.dropped % kept.length, 1);
      ended.drop(gone!.place);
    }
    for (const account of ledger.ended) {
      const told = processOf(account, RUN);
      kept.push({ place: ended.keep(account), told, peak: account.peakMemoryBytes });
    }
    highest = Math.max(highest, kept.length);
  }
  return { ended, kept, highest };
}

test('an ended process has the values of its account, whatever processes came and went since', () => {
  let seen = 0;
  fc.assert(
    fc.property(fc.array(life, { maxLength: 120 }), fc.integer({ min: 1, max: 40 }), (lives, atOnce) => {
      const { ended, kept } = live(lives, atOnce);
      for (const { place, told, peak } of kept) {
        const process = ended.at(place);
        assert.deepEqual(processOf(process, RUN), told);
        assert.equal(process.peakMemoryBytes, peak);
        seen++;
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(seen > 100, `${seen} rows were compared`);
});

test('a process that ends later reuses the row of a dropped one, so that memory is limited by the kept ones', () => {
  const lives = Array.from({ length: 3000 }, (_, i) => ({
    ticks: 1 + (i % 3),
    nanos: 1e6,
    bytes: 0,
    hasIo: true,
    dropped: i < 2700 ? 0 : null,
  }));
  const { kept, highest } = live(lives.reverse(), 30);
  assert.equal(kept.length > 200 && kept.length < 500, true, `${kept.length} are kept`);
  for (const { place } of kept) assert.ok(place < highest + 256, `place ${place}`);
});
