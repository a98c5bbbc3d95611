import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryTrimmer } from '../../src/commands/track/memory-trimmer.ts';

const STARTED_AT_SECONDS = 1000;

/** Seconds after the start at which something was released, with a sample every half second for `minutes`. */
function secondsOfRelease(minutes: number, release: () => void = () => {}) {
  const released: { readonly files: number[]; readonly allocator: number[] } = { files: [], allocator: [] };
  let second = 0;
  const pages = {
    releaseFiles() {
      released.files.push(second);
      release();
    },
    trimAllocator: () => void released.allocator.push(second),
  };
  const memory = new MemoryTrimmer(STARTED_AT_SECONDS, pages, { collect: () => {}, useTurbofan: () => {} });
  for (let tick = 0; tick <= minutes * 120; tick++) {
    second = tick / 2;
    memory.trim(STARTED_AT_SECONDS + second, 100);
  }
  return released;
}

test('unused memory is released soon after the start, then more rarely, and in the end every eight minutes', () => {
  const minutes = secondsOfRelease(50).allocator.map((seconds) => seconds / 60);
  assert.deepEqual(minutes, [0.5, 1, 2, 4, 8, 16, 24, 32, 40, 48]);
});

test('pages of files are also released after a second and after the first export', () => {
  assert.deepEqual(secondsOfRelease(1).files, [1, 12, 30, 60]);
});

test('a release that fails is not tried again', () => {
  const failing = () => {
    throw new Error('madvise');
  };
  assert.deepEqual(secondsOfRelease(10, failing), { files: [1], allocator: [] });
});

/** Seconds after the start at which garbage was collected; `processes`: how many there are after each second. */
function secondsOfCollection(processes: readonly number[]): number[] {
  const collected: number[] = [];
  let second = 0;
  const memory = new MemoryTrimmer(
    STARTED_AT_SECONDS,
    { releaseFiles: () => {}, trimAllocator: () => {} },
    { collect: () => collected.push(second), useTurbofan: () => {} },
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

test('TurboFan is left out after a minute, and used again at the end', () => {
  const uses: unknown[] = [];
  let second = 0;
  const pages = { releaseFiles: () => {}, trimAllocator: () => {} };
  const useTurbofan = (isUsed: boolean) => uses.push([second, isUsed]);
  const memory = new MemoryTrimmer(STARTED_AT_SECONDS, pages, { collect: () => {}, useTurbofan });
  for (second = 0; second < 130; second++) memory.trim(STARTED_AT_SECONDS + second, 10);
  memory.end();
  assert.deepEqual(uses, [
    [60, false],
    [120, false],
    [130, true],
  ]);
});
