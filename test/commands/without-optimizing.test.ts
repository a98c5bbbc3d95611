import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { withoutOptimizing } from '../../src/commands/track/without-optimizing.ts';

let scripts = 0;

/** A script that V8 has not seen, as long as every other of these. */
function newSource(): string {
  return `(function f${String(scripts++).padStart(3, '0')}() { return 1; })`;
}

function compiledNow(): Buffer {
  return new Script(newSource()).createCachedData();
}

/** Whether V8 takes what it compiled, which it does for the flags that it has now. It holds sources to their length. */
function isTaken(compiled: Buffer): boolean {
  return new Script(newSource(), { cachedData: compiled }).cachedDataRejected === false;
}

test('a task is done without optimizing, and the flags are then those that Node starts with', () => {
  const compiled = compiledNow();
  assert.equal(isTaken(compiled), true);
  let during: boolean | undefined;
  withoutOptimizing(() => {
    during = isTaken(compiled);
  });
  assert.equal(during, false, 'other flags hold during the task');
  assert.equal(isTaken(compiled), true);
});

test('the flags are restored where a task fails', () => {
  const compiled = compiledNow();
  assert.throws(
    () =>
      withoutOptimizing(() => {
        throw new Error('no');
      }),
    /^Error: no$/,
  );
  assert.equal(isTaken(compiled), true);
});

test('this Node has the flag, and the default that is restored', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  assert.match(
    options,
    /--max-optimized-bytecode-size .*\n\s+type: int\s+default: --max-optimized-bytecode-size=61440\b/,
  );
});
