import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratioOf, shown, spreadOf } from '../../bench/spread.ts';

test('several measurements are told by their median, smallest and largest', () => {
  assert.equal(shown(spreadOf([3, 1, 2]), 1), '2.0 (1.0–3.0)');
  assert.equal(spreadOf([1, 2]).median, 1.5);
  assert.equal(shown(ratioOf([2, 6], [1, 2]), 1), '2.5 (2.0–3.0)');
});

test('nothing, or a ratio to nothing, is no figure', () => {
  assert.throws(() => spreadOf([]), RangeError);
  assert.throws(() => ratioOf([1], [0]), RangeError);
  assert.throws(() => ratioOf([0], [0]), RangeError);
  assert.throws(() => spreadOf([1, Number.NaN]), RangeError);
});
