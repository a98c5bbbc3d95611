import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { canMakeCgroups } from '../../real-cgroups.ts';
import { skipUnless } from '../../skip.ts';

const BENCH = resolve(import.meta.dirname, '../../../bench');

test(
  'parts of the bench, and a soak, measure on a real kernel and omit skipped parts',
  skipUnless(available()),
  (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-bench-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const parts = ['export-size', 'births'];
    run('main.ts', ['--quick', ...parts.flatMap((part) => ['--only', part]), '--output', folder]);
    run('soak.ts', ['--minutes', '0.2', '--steady', '10', '--new-per-second', '50', '--output', folder]);
    const page = run('main.ts', ['--write', '--output', folder]);
    for (const heading of ['Bytes of a data point', 'Time from birth to the first row', 'A long run']) {
      assert.ok(page.includes(`## ${heading}`), heading);
    }
    assert.doesNotMatch(page, /Left out|NaN|Infinity|undefined|null/);
    assert.deepEqual(
      readdirSync(join(folder, 'data')).sort(),
      [...parts, 'soak'].map((part) => `${part}.json`).sort(),
    );
    assert.ok(readdirSync(folder).includes('SOAK.md'));
  },
);

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(BENCH, program), ...args], {
    encoding: 'utf8',
    timeout: 4 * 60_000,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

function available(): true | string {
  const cgroups = canMakeCgroups();
  if (cgroups !== true) return cgroups;
  return spawnSync('cc', ['--version']).status === 0 || 'takes a C compiler';
}
