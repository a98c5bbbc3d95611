import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AxisData, stacked } from '../../../src/views/page/client/plots/axis-data.ts';

const NONE = Number.NaN;

/** One point a second; `holes` are those that no sample covers. */
function axisOf(length: number, holes: readonly number[] = []): AxisData {
  const xs = Array.from({ length }, (_, at) => at);
  const points = xs.map((at) => (holes.includes(at) ? -1 : at));
  return { xs, points, startX: 0, endX: length };
}

const layersOf = (...layers: readonly (readonly number[])[]) =>
  layers.map((values) => Float64Array.from(values));

test('layers stand on one another', () => {
  assert.deepEqual(stacked(axisOf(3), layersOf([1, 2, 3], [10, 10, 10], [0, 5, 0])), [
    [1, 2, 3],
    [11, 12, 13],
    [11, 17, 13],
  ]);
});

test('a lowest layer that ends slopes down to zero as those above it do, and is gone then', () => {
  assert.deepEqual(stacked(axisOf(5), layersOf([30, 30, NONE, NONE, NONE], [2, 2, 2, 2, 2])), [
    [30, 30, 0, null, null],
    [32, 32, 2, 2, 2],
  ]);
});

test('a layer that begins rises from zero, or from the one below it', () => {
  assert.deepEqual(stacked(axisOf(4), layersOf([NONE, NONE, 4, 4], [NONE, 3, 3, 3])), [
    [null, 0, 4, 4],
    [0, 3, 7, 7],
  ]);
});

test('nothing is drawn where no sample is', () => {
  assert.deepEqual(stacked(axisOf(3, [1]), layersOf([1, 1, 1], [NONE, NONE, 2])), [
    [1, null, 1],
    [1, null, 3],
  ]);
});

test('no edge lies below the one under it, and the uppermost is the sum of what is known', () => {
  const value = fc.oneof(fc.constant(NONE), fc.nat(100));
  const layers = fc
    .integer({ min: 1, max: 12 })
    .chain((length) =>
      fc.array(fc.array(value, { minLength: length, maxLength: length }), { minLength: 1, maxLength: 6 }),
    );
  fc.assert(
    fc.property(layers, (values) => {
      const length = values[0]!.length;
      const edges = stacked(axisOf(length), layersOf(...values));
      for (let at = 0; at < length; at++) {
        const column = edges.map((edge) => edge[at] ?? 0);
        assert.deepEqual(
          column,
          column.toSorted((a, b) => a - b),
        );
        const known = values.map((layer) => layer[at]!).filter((each) => !Number.isNaN(each));
        assert.equal(
          column.at(-1),
          known.reduce((sum, each) => sum + each, 0),
        );
      }
    }),
  );
});
