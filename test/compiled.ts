import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether C programs can be compiled here; for `skipUnless`. */
export const hasCompiler = spawnSync('gcc', ['--version']).status === 0 || 'needs gcc';

/** Compiles a C program and returns its path; `name` becomes the process name. Throws with the output of gcc. */
export function compileProgram(
  name: string,
  source: string,
): { readonly path: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-program-'));
  const path = join(folder, name);
  const { status, stderr } = spawnSync('gcc', ['-O1', '-Wall', '-pthread', '-x', 'c', '-o', path, '-'], {
    input: source,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}
