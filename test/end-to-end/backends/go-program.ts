import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unitledger-tests', 'bin');

/** A program to build with `go`: one pinned version, built once a machine, outside the checkout. */
export interface GoProgram {
  /** `otelcol`. Distinguishes several programs of one module. */
  readonly name: string;
  /** Contains `go.mod`, `go.sum` and other build inputs: the program is rebuilt when any of them changes. */
  readonly sources: string;
}

/** Path of the program, built or not. */
export function pathOf({ name, sources }: GoProgram): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of readdirSync(sources).sort()) hash.update(file).update(readFileSync(join(sources, file)));
  return join(FOLDER, `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** Whether the programs are built, or how to build them. */
export function built(...programs: readonly GoProgram[]): true | string {
  return (
    programs.every((program) => existsSync(pathOf(program))) ||
    `not built yet: ${programs.map(({ name }) => name).join(', ')} (npm run test:install-backends; takes Go)`
  );
}

/**
 * Builds programs from one folder of sources, unless all exist.
 *
 * @param commands Arguments of `go`, run one after the other in a copy of the sources, where they must create each
 * program under its name.
 */
export function build(programs: readonly GoProgram[], commands: readonly (readonly string[])[]): void {
  if (built(...programs) === true) return;
  mkdirSync(FOLDER, { recursive: true });
  const building = mkdtempSync(join(FOLDER, 'building-'));
  try {
    cpSync(programs[0]!.sources, building, { recursive: true });
    for (const command of commands) {
      execFileSync('go', command, {
        cwd: building,
        env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -trimpath' },
        stdio: 'inherit',
      });
    }
    for (const program of programs) renameSync(join(building, program.name), pathOf(program));
  } finally {
    rmSync(building, { recursive: true });
  }
}
