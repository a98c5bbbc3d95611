import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { build } from '../../scripts/build.ts';

const ROOT = resolve(import.meta.dirname, '../..');

test('npm pack makes a package whose program runs without any other package', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-package-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const source = join(folder, 'source');
  mkdirSync(source);
  for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'])
    cpSync(join(ROOT, file), join(source, file));
  await build({ entry: join(ROOT, 'src/main.ts'), outdir: join(source, 'dist'), sourceMap: false });
  // The build above is what `prepack` runs.
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: source,
  });
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  assert.equal(archive, `unitledger-${manifest.version}.tgz`);
  execFileSync('tar', ['xf', join(folder, archive), '-C', folder]);
  const program = join(folder, 'package', manifest.bin.unitledger);
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], { cwd: '/', encoding: 'utf8' });
  assert.equal(run('--version').stdout, `unitledger ${manifest.version}\n`);
  const { status, stdout, stderr } = run('--export', 'none', '--summary', 'csv', '--', 'sleep', '0.3');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^kind,unit,pid,name,/);
});
