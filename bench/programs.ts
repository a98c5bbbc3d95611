import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { putBundle } from '../test/bundle.ts';

/** The C programs. */
export interface CPrograms {
  readonly floor: string;
  readonly population: string;
  readonly churn: string;
}

/** What is measured, and what it is measured against, as files that run. */
export interface Programs {
  /** The bundle, built for this run; in a test, a copy of the one that `npm test` made. */
  readonly unitledger: string;
  /** The C programs; undefined where there is no compiler. */
  readonly c: CPrograms | undefined;
  /** Of this run; all of them lie in it. */
  readonly folder: string;
  /** First line of `cc --version`. */
  readonly compiler: string | undefined;
  /** Why `c` is undefined, in one sentence. */
  readonly missing: string | undefined;
  remove(): void;
}

/** Builds everything into a folder of this run, and takes out of the environment what would burden a Node in it. */
export async function buildPrograms(): Promise<Programs> {
  // Node reads such certificates at every start, beside all else: they are this machine's affair.
  delete process.env.NODE_EXTRA_CA_CERTS;
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-bench-'));
  await putBundle(join(folder, 'dist'));
  const built = {
    folder,
    unitledger: join(folder, 'dist/unitledger.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  try {
    const compiler = execFileSync('cc', ['--version'], { encoding: 'utf8', stdio: 'pipe' }).split(
      '\n',
      1,
    )[0]!;
    const c = {
      floor: compile('floor', folder),
      population: compile('population', folder),
      churn: compile('soak/churn', folder),
    };
    return { ...built, c, compiler, missing: undefined };
  } catch (error) {
    const missing = `the C programs could not be compiled: ${(error as Error).message.split('\n', 1)[0]}`;
    return { ...built, c: undefined, compiler: undefined, missing };
  }
}

function compile(name: string, folder: string): string {
  const program = join(folder, basename(name));
  execFileSync('cc', ['-O2', '-Wall', '-o', program, join(import.meta.dirname, `${name}.c`)], {
    stdio: 'pipe',
  });
  return program;
}
