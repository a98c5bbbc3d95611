import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PidMarks } from '../../../src/discovery/processes/pid-marks.ts';

test('marks of PIDs are a set, round after round', () => {
  const pid = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 4_194_304 }));
  const rounds = fc.array(fc.array(pid, { maxLength: 400 }), { maxLength: 6 });
  fc.assert(
    fc.property(rounds, fc.array(pid, { maxLength: 20 }), (all, others) => {
      const marks = new PidMarks();
      for (const pids of all) {
        marks.clear();
        const set = new Set<number>();
        for (const each of pids) {
          assert.equal(marks.add(each), !set.has(each));
          set.add(each);
        }
        for (const each of [...pids, ...others]) assert.equal(marks.has(each), set.has(each));
      }
    }),
  );
});
