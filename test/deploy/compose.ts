import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { build, built, type GoProgram, pathOf } from '../end-to-end/backends/go-program.ts';

const PROGRAM: GoProgram = { name: 'compose', sources: join(import.meta.dirname, 'compose') };
export const FOLDER = resolve(import.meta.dirname, '../../deploy/compose');

/** Whether the parser of compose files is built, or how to build it. */
export const composeAvailable: true | string =
  built(PROGRAM) === true ||
  'the reader of compose files is not built yet: npm run test:install-helm (needs Go)';

/** A project as parsed by Compose: absolute paths, variables substituted. Only the fields that the tests use. */
export interface Project {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export interface Service {
  readonly image: string;
  readonly command: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly host_ip?: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly [field: string]: unknown;
}

/** The parsed file, or the error of Compose. */
export function readCompose(environment: Readonly<Record<string, string>>): Project | string {
  const { PATH = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(pathOf(PROGRAM), [join(FOLDER, 'compose.yaml')], {
    ...{ encoding: 'utf8', cwd: '/', env: { PATH, ...environment } },
  });
  return status === 0 ? (JSON.parse(stdout) as Project) : stderr;
}

if (import.meta.main) {
  build([PROGRAM], [['build', '-o', PROGRAM.name, '.']]);
  console.log(pathOf(PROGRAM));
}
