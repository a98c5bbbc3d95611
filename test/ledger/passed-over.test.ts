import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Sample } from '../../src/sampling/sample.ts';
import { type SimulatedProcess, SimulatedUnit } from './simulated-unit.ts';

/** What members may have used together that no sample has read yet: about what is used in a tick of the scheduler. */
const UNREAD_NANOS = 1_000_000;
const MEMBERS = 10;

/** Most of the time the same few run, and the others a little, or for long, or never. */
const run = fc.record({
  whom: fc.oneof({ weight: 6, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(MEMBERS - 1) }),
  nanos: fc.oneof(fc.nat(200_000), fc.nat(400_000_000)),
});
const history = fc.array(fc.array(run, { maxLength: 4 }), { minLength: 6, maxLength: 40 });

function readNanos({ rows, slots, count }: Sample): number[] {
  return [...slots.subarray(0, count)].map((slot) => rows.cpuNanos[slot]!);
}

const sumOf = (nanos: readonly number[]) => nanos.reduce((sum, each) => sum + each, 0);

test('skipped members have used less than a scheduler tick, and nothing at the end', () => {
  let passedOver = 0;
  fc.assert(
    fc.property(history, (ticks) => {
      const unit = new SimulatedUnit(2 * MEMBERS, true);
      const members: SimulatedProcess[] = [];
      for (let i = 0; i < MEMBERS; i++) members.push(unit.fork(members[0] ?? null)!);
      const usedNanos = () => members.map(({ ownNanos }) => ownNanos);
      for (const runs of ticks) {
        for (const { whom, nanos } of runs) unit.work(members[whom]!, nanos, 0);
        const unread = sumOf(usedNanos()) - sumOf(readNanos(unit.sample()));
        assert.ok(unread >= 0 && unread <= UNREAD_NANOS, `${unread} ns are not read`);
      }
      assert.deepEqual(readNanos(unit.sample(() => {}, true)), usedNanos());
      passedOver += unit.passedOver;
    }),
  );
  // Or the property would say nothing.
  assert.ok(passedOver > 100, `only ${passedOver} rows were passed over`);
});
