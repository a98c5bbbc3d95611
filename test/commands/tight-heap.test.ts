import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';

const MODULE = resolve(import.meta.dirname, '../../src/commands/track/tight-heap.ts');

/** Makes 100 MB of objects that live for a while, so that they outlive collections of the young generation. */
const WORK = `
  const waiting = [];
  let most = 0;
  for (let made = 0; made < 400_000; made++) {
    waiting.push({ numbers: new Array(20).fill(made) });
    if (waiting.length > 4_000) waiting.splice(0, 2_000);
    if (made % 1_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
  }
  console.log(most / 1e6);`;

/** The most that the heap came to, in MB. */
function heapWith(before: string): number {
  const script = `import { keepHeapTight } from '${MODULE}'; ${before} ${WORK}`;
  const flags = ['--max-semi-space-size=1', '--input-type=module', '--eval', script];
  return Number(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
}

test('a tight heap stays small whatever work leaves behind', () => {
  const tight = heapWith('keepHeapTight();');
  assert.ok(tight < 25, `${tight} MB`);
  const loose = heapWith('void keepHeapTight;');
  assert.ok(loose > 1.5 * tight, `${loose} MB without, ${tight} MB with it`);
});
