import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const BENCH = resolve(import.meta.dirname, '../../bench');

function bench(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
  return spawnSync(process.execPath, [join(BENCH, program), ...args], { encoding: 'utf8', env: environment });
}

test('the bench without a C compiler says what it left out, and prints no figure', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-bench-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { status, stdout, stderr } = bench(
    'main.ts',
    ['--only', 'peers', '--only', 'memory', '--output', folder],
    {
      ...process.env,
      PATH: '/nowhere',
    },
  );
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(folder, 'RESULTS.md'), 'utf8'), stdout.replace(/\n$/, ''));
  assert.match(stdout, /- peers: the C programs could not be compiled/);
  assert.match(stdout, /- memory: the C programs could not be compiled/);
  assert.doesNotMatch(stdout, /## (Goals|Comparison|Memory)|NaN|undefined/);
  assert.deepEqual(readdirSync(join(folder, 'data')).sort(), ['memory.json', 'peers.json']);
});

test('the bench refuses what it does not know, in one sentence', () => {
  for (const [program, args, sentence] of [
    ['main.ts', ['--only', 'everything'], /--only is "everything"; it takes cost-1000, /],
    ['main.ts', ['--repeats', '0'], /--repeats is "0"; it takes a whole number from 1 to 100\./],
    ['main.ts', ['--quik'], /--quik/],
    ['soak.ts', ['--minutes', 'long'], /--minutes is "long"; it takes a number above 0\./],
    ['soak.ts', ['--steady', '0'], /--steady is "0"; it takes a whole number from 1 to 100000\./],
  ] as const) {
    const { status, stderr } = bench(program, args);
    assert.equal(status, 2, `${program} ${args.join(' ')}`);
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});
