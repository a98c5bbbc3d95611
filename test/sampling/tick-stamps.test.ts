import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enforceTickStamps, TickStamps } from '../../src/sampling/tick-stamps.ts';

enforceTickStamps();

test('a value is valid for its ticks and throws when it is used later', () => {
  const stamps = new TickStamps<{ readonly tick: number }>('sample', 2);
  const [first, second, third] = [0, 1, 2].map((tick) => stamps.stamp({ tick }));
  assert.equal(second!.tick, 1);
  assert.equal(third!.tick, 2);
  assert.throws(() => first!.tick, /^Error: sample is used after its tick: tick may be of a later one$/);
});
