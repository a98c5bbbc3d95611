import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryTrimmer } from '../../src/commands/track/memory-trimmer.ts';

const STARTED_AT_SECONDS = 1000;

/** Minutes after the start at which memory was given back, asked every half second for `minutes`. */
function minutesGivenBack(minutes: number, trim: () => void): number[] {
  const given: number[] = [];
  let minute = 0;
  const memory = new MemoryTrimmer(STARTED_AT_SECONDS, () => {
    given.push(minute);
    trim();
  });
  for (let tick = 0; tick <= minutes * 120; tick++) {
    minute = tick / 120;
    memory.trim(STARTED_AT_SECONDS + minute * 60);
  }
  return given;
}

test('memory that is seldom needed is given back soon after the start, then more rarely, and every eight minutes for good', () => {
  assert.deepEqual(
    minutesGivenBack(50, () => {}),
    [0.5, 1, 2, 4, 8, 16, 24, 32, 40, 48],
  );
});

test('where it cannot be given back, that is tried once', () => {
  const failing = () => {
    throw new Error('madvise');
  };
  assert.deepEqual(minutesGivenBack(10, failing), [0.5]);
});
