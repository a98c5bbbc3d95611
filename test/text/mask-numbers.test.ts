import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskNumbers } from '../../src/sampling/name-reader.ts';

test('names that differ only in numbers become one', () => {
  assert.equal(maskNumbers('postgres: app shop 10.0.0.7(40322) idle'), 'postgres: app shop N.N.N.N(N) idle');
  assert.equal(maskNumbers('kworker/0:12'), 'kworker/N:N');
  assert.equal(maskNumbers('postgres: checkpointer'), 'postgres: checkpointer');
});

test('the masked name is the same, whatever the numbers and their digits', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), (name, one, other) => {
      assert.equal(maskNumbers(`${name}: ${one} x`), maskNumbers(`${name}: ${other} x`));
      assert.doesNotMatch(maskNumbers(name), /\p{Nd}/u);
    }),
  );
});
