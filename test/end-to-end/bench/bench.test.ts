import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { canMakeCgroups } from '../../real-cgroups.ts';
import { skipUnless } from '../../skip.ts';

const BENCH = resolve(import.meta.dirname, '../../../bench');

test(
  'parts of the bench, and a soak, measure on a real kernel and omit skipped parts',
  skipUnless(available()),
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-bench-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const parts = ['export-size', 'births'];
    const plans = [
      ...parts.map((part) => ['main.ts', '--quick', '--only', part]),
      ['soak.ts', '--minutes', '0.2', '--steady', '10', '--new-per-second', '50'],
    ];
    // Side by side, because they mostly wait. Each has its own folder: a run reads all results that its folder has.
    const ran = plans.map(async (plan, at) => {
      const own = join(folder, `run-${at}`);
      await run([...plan, '--output', own]);
      return own;
    });
    const together = join(folder, 'together');
    for (const own of await Promise.all(ran)) cpSync(own, together, { recursive: true });
    const page = await run(['main.ts', '--write', '--output', together]);
    for (const heading of ['Bytes of a data point', 'Time from birth to the first row', 'A long run']) {
      assert.ok(page.includes(`## ${heading}`), heading);
    }
    assert.doesNotMatch(page, /Left out|NaN|Infinity|undefined|null/);
    assert.deepEqual(
      readdirSync(join(together, 'data')).sort(),
      [...parts, 'soak'].map((part) => `${part}.json`).sort(),
    );
    assert.ok(readdirSync(together).includes('SOAK.md'));
  },
);

/** Standard output of a program of the bench; rejects if the program fails. */
async function run([program, ...args]: readonly string[]): Promise<string> {
  const argv = [join(BENCH, program!), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 4 * 60_000 });
  return stdout;
}

function available(): true | string {
  const cgroups = canMakeCgroups();
  if (cgroups !== true) return cgroups;
  return spawnSync('cc', ['--version']).status === 0 || 'takes a C compiler';
}
