import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryTrimmer } from '../../src/commands/track/memory-trimmer.ts';

const STARTED_AT_SECONDS = 1000;

/** Minutes after the start at which memory was released, with a look every half second for `minutes`. */
function minutesOfRelease(minutes: number, trim: () => void): number[] {
  const released: number[] = [];
  let minute = 0;
  const release = () => {
    released.push(minute);
    trim();
  };
  const memory = new MemoryTrimmer(STARTED_AT_SECONDS, release, () => {});
  for (let tick = 0; tick <= minutes * 120; tick++) {
    minute = tick / 120;
    memory.trim(STARTED_AT_SECONDS + minute * 60, 100);
  }
  return released;
}

test('seldom needed memory is released soon after the start, then more rarely, and in the end every eight minutes', () => {
  assert.deepEqual(
    minutesOfRelease(50, () => {}),
    [0.5, 1, 2, 4, 8, 16, 24, 32, 40, 48],
  );
});

test('a release that fails is not tried again', () => {
  const failing = () => {
    throw new Error('madvise');
  };
  assert.deepEqual(minutesOfRelease(10, failing), [0.5]);
});

/** Seconds after the start at which garbage was collected; `processes`: how many there are after each second. */
function secondsOfCollection(processes: readonly number[]): number[] {
  const collected: number[] = [];
  let second = 0;
  const memory = new MemoryTrimmer(
    STARTED_AT_SECONDS,
    () => {},
    () => collected.push(second),
  );
  for (const [place, count] of processes.entries()) {
    second = place + 1;
    memory.trim(STARTED_AT_SECONDS + second, count);
  }
  return collected;
}

test('garbage is collected when thousands of processes have come or gone', () => {
  assert.deepEqual(secondsOfCollection([10, 12_000, 12_001, 12_002, 5_000, 900]), [2, 5, 6]);
});

test('garbage is not collected because some processes come and go', () => {
  assert.deepEqual(secondsOfCollection([10, 1_000, 2_000, 1_500, 10]), []);
});
