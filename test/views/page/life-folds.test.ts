import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LifeFolds } from '../../../src/views/page/model/life-folds.ts';

const asItIs = (seconds: number) => seconds;

test('processes of one parent and name are counted together, with those that failed', () => {
  const folds = new LifeFolds();
  const life = { parent: 1, name: 'ls', bornAtSeconds: 1, endedAtSeconds: 2, exitCode: 0 };
  folds.add(life);
  folds.add({ ...life, bornAtSeconds: 5, endedAtSeconds: 6, exitCode: 2 });
  folds.add({ ...life, bornAtSeconds: 1.5, endedAtSeconds: 3, exitCode: null });
  folds.add({ ...life, parent: null });
  assert.deepEqual(
    folds.lines((seconds) => seconds - 1),
    [
      {
        ...{ parent: 1, name: 'ls', count: 3, failed: 1 },
        stretches: [
          [0, 2],
          [4, 5],
        ],
      },
      { parent: null, name: 'ls', count: 1, failed: 0, stretches: [[0, 1]] },
    ],
  );
});

test('stretches cover every life, do not overlap, and stay few, in whatever order the lives come', () => {
  const lives = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1000, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true })),
    {
      minLength: 1,
      maxLength: 400,
    },
  );
  fc.assert(
    fc.property(lives, (all) => {
      const [one, other] = [new LifeFolds(), new LifeFolds()];
      for (const [at, [born, lived]] of all.entries())
        (at % 2 === 0 ? one : other).add({
          ...{ parent: 7, name: 'x', exitCode: 0 },
          bornAtSeconds: born,
          endedAtSeconds: born + lived,
        });
      one.addAll(other);
      const [line] = one.lines(asItIs);
      const { stretches, count } = line!;
      assert.equal(count, all.length);
      assert.ok(stretches.length <= 64);
      for (const [at, [from, to]] of stretches.entries()) {
        assert.ok(from <= to);
        if (at > 0) assert.ok(from > stretches[at - 1]![1]);
      }
      for (const [born, lived] of all)
        assert.ok(stretches.some(([from, to]) => from <= born && to >= born + lived));
    }),
  );
});

test('beyond 300 lines the rest shares one', () => {
  const folds = new LifeFolds();
  for (let at = 0; at < 1000; at++)
    folds.add({ parent: at, name: `n${at}`, bornAtSeconds: at, endedAtSeconds: at + 1, exitCode: 1 });
  const lines = folds.lines(asItIs);
  assert.equal(lines.length, 301);
  assert.deepEqual(
    [lines[0]!.name, lines[0]!.parent, lines[0]!.count, lines[0]!.failed],
    ['(other)', null, 700, 700],
  );
});
