import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const SOURCES = join(import.meta.dirname, 'board-models');
const REQUIREMENTS = join(SOURCES, 'requirements.txt');

/** A request to an API, with the model that its body must match. */
export interface ModelledRequest {
  readonly model: 'datadog dashboard' | 'honeycomb query' | 'honeycomb annotation' | 'honeycomb board';
  readonly body: unknown;
}

/** The packages of one pinned list, installed once a machine, outside the checkout. */
function folder(): string {
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'unitledger-tests', `board-models-${hash}`);
}

/** Whether the models are installed; for `skipUnless`. */
export const boardModelsAvailable: true | string =
  existsSync(folder()) || 'no models of the APIs yet (npm run test:install-backends; takes Python with venv)';

/** Installs the models if they are missing. */
export function installBoardModels(): void {
  if (existsSync(folder())) return;
  mkdirSync(dirname(folder()), { recursive: true });
  const making = mkdtempSync(`${folder()}-`);
  try {
    const environment = join(making, 'venv');
    execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' });
    const packages = ['install', '--quiet', '--no-deps', '--disable-pip-version-check', '--target', making];
    execFileSync(join(environment, 'bin', 'pip'), [...packages, '--requirement', REQUIREMENTS], {
      stdio: 'inherit',
    });
    rmSync(environment, { recursive: true });
    renameSync(making, folder());
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** Problems of each request by the APIs' descriptions, one sentence each. */
export function problemsWith(requests: readonly ModelledRequest[]): readonly (readonly string[])[] {
  const { status, stdout, stderr } = spawnSync(
    'python3',
    ['-I', '-c', RUN, folder(), join(SOURCES, 'check.py')],
    {
      encoding: 'utf8',
      input: JSON.stringify(requests),
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** Isolated from other Python packages on the machine. */
const RUN =
  'import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2], run_name="__main__")';
