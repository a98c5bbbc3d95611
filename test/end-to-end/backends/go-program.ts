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

/** What `go` is to build here: one pinned state of a program, built once a machine, outside the checkout. */
export interface GoProgram {
  /** `otelcol`. Several programs of one module are told apart by it. */
  readonly name: string;
  /** Holds `go.mod` and `go.sum`, and whatever else sets what is built: it is built again when any of it changes. */
  readonly sources: string;
}

/** Where the program is, or will be. */
export function pathOf({ name, sources }: GoProgram): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of readdirSync(sources).sort()) hash.update(file).update(readFileSync(join(sources, file)));
  return join(FOLDER, `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** Whether the programs are there, or how to get them. */
export function built(...programs: readonly GoProgram[]): true | string {
  return (
    programs.every((program) => existsSync(pathOf(program))) ||
    `not built yet: ${programs.map(({ name }) => name).join(', ')} (npm run test:install-backends; takes Go)`
  );
}

/**
 * Builds programs out of one folder of sources, unless they are all there.
 *
 * @param commands Arguments of `go`, run in a copy of the sources one after the other; each program has to lie there by
 *   its name in the end.
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
