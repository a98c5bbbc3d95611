import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowsByPid } from '../../src/ledger/exits/rows-by-pid.ts';
import type { Sample } from '../../src/sampling/sample.ts';

/** Rows by slot, as far as the index reads them. */
function sampleOf(tick: number, pids: readonly number[], capacity: number): Sample {
  const pid = new Int32Array(capacity);
  pid.set(pids);
  const slots = Int32Array.from(pids, (_, slot) => slot);
  return { tick, rows: { pid, capacity }, slots, count: pids.length } as unknown as Sample;
}

/** PIDs that collide in a small table, some of them more than once. */
const PID = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2 ** 22 }), fc.constant(65));

test('all rows of a PID are found, the youngest first, in every sample', () => {
  fc.assert(
    fc.property(fc.array(fc.array(PID, { maxLength: 200 }), { minLength: 1, maxLength: 4 }), (samples) => {
      const index = new RowsByPid();
      assert.ok(index.first(1) < 0);
      let capacity = 1;
      for (const [tick, pids] of samples.entries()) {
        capacity = Math.max(capacity, pids.length);
        index.index(sampleOf(tick, pids, capacity));
        for (const pid of [...pids, 7, 129]) {
          const found: number[] = [];
          for (let slot = index.first(pid); slot >= 0; slot = index.next(slot)) found.push(slot);
          const expected = pids.flatMap((each, slot) => (each === pid ? [slot] : []));
          assert.deepEqual(found, expected.toReversed());
        }
      }
    }),
    { numRuns: 200 },
  );
});
