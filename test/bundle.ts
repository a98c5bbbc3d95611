import { cp } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const SOURCE = resolve(import.meta.dirname, '../src/main.ts');

/** The bundle that the runner makes once if end-to-end tests run. */
const BUNDLE = process.env.PROGRAM_UNDER_TEST;

/** The program: the bundle, which starts with half the CPU, or else its sources. */
export const PROGRAM = BUNDLE ?? SOURCE;

/** Puts a bundle into `folder`: a copy of the runner's, or a new one, which takes seconds of CPU. */
export async function putBundle(folder: string): Promise<void> {
  if (BUNDLE !== undefined) return cp(dirname(BUNDLE), folder, { recursive: true });
  // esbuild is loaded only where it is needed: every end-to-end test imports this module.
  const { build } = await import('../scripts/build.ts');
  await build({ entry: SOURCE, outdir: folder, sourceMap: false });
}
