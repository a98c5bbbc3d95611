import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Helm for the tests: one pinned version, built once a machine, outside the checkout. */
const version = '3.20.2';
/** The newest Kubernetes that this version supports; a build without it reports 1.20. */
const kubernetesMinor = '35';
const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unitledger-tests', 'bin');
/** Path of the built Helm. */
export const helmProgram = join(folder, `helm-${version}`);

/** Whether Helm is built, or how to build it. */
export const helmAvailable: true | string =
  existsSync(helmProgram) ||
  `Helm ${version} is not built yet: npm run test:install-helm (needs Go; two minutes, once)`;

/** Result of running Helm. */
export interface HelmRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Helm in `cwd`. */
export function helm(args: readonly string[], cwd: string): HelmRun {
  const { status, stdout, stderr, error } = spawnSync(helmProgram, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** Builds Helm from its Go modules if it is missing. */
export function installHelm(): void {
  if (existsSync(helmProgram)) return;
  mkdirSync(folder, { recursive: true });
  const building = mkdtempSync(join(folder, 'building-'));
  const set = (name: string, value: string) => `-X helm.sh/helm/v3/${name}=${value}`;
  const flags = [
    '-s -w',
    set('internal/version.version', `v${version}`),
    ...['pkg/chartutil', 'pkg/lint/rules'].flatMap((path) => [
      set(`${path}.k8sVersionMajor`, '1'),
      set(`${path}.k8sVersionMinor`, kubernetesMinor),
    ]),
  ];
  const args = ['install', '-trimpath', '-ldflags', flags.join(' '), `helm.sh/helm/v3/cmd/helm@v${version}`];
  try {
    execFileSync('go', args, {
      env: { ...process.env, GOBIN: building, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
    renameSync(join(building, 'helm'), helmProgram);
  } finally {
    rmSync(building, { recursive: true });
  }
}

if (import.meta.main) {
  installHelm();
  console.log(helmProgram);
}
