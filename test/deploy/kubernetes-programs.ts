import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { kubernetesVersion } from './kubernetes.ts';

/** Programs of Kubernetes and etcd, built from their Go modules once a machine, outside the checkout. */
const etcdVersion = '3.6.10';
const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unitledger-tests', 'bin');
const controllersSource = join(import.meta.dirname, 'node/controllers/main.go');

export const etcd = join(folder, `etcd-${etcdVersion}`);
export const apiServer = join(folder, `kube-apiserver-${kubernetesVersion}`);
export const kubelet = join(folder, `kubelet-${kubernetesVersion}`);
export const kubectl = join(folder, `kubectl-${kubernetesVersion}`);
/** The scheduler and the controllers for the node tests: `node/controllers/main.go`. */
export const controllers = join(folder, `kube-controllers-${kubernetesVersion}-${hashOf(controllersSource)}`);

/** Builds etcd and the API server if they are missing: five minutes of CPU, once a machine. */
export function installServers(): void {
  buildEtcd();
  buildKubernetes([{ program: apiServer, main: 'k8s.io/kubernetes/cmd/kube-apiserver' }]);
}

/** Builds everything a node needs if it is missing: about ten minutes of CPU, once a machine. */
export function installNodePrograms(): void {
  buildEtcd();
  buildKubernetes([
    { program: controllers, main: './controllers' },
    { program: apiServer, main: 'k8s.io/kubernetes/cmd/kube-apiserver' },
    { program: kubelet, main: 'k8s.io/kubernetes/cmd/kubelet' },
    { program: kubectl, main: 'k8s.io/kubernetes/cmd/kubectl' },
  ]);
}

function buildEtcd(): void {
  inModule([{ program: etcd, main: 'go.etcd.io/etcd/server/v3' }], (module) => {
    writeFileSync(join(module, 'go.mod'), 'module unitledger.example/etcd\n\ngo 1.25.0\n');
    go(module, 'get', `go.etcd.io/etcd/server/v3@v${etcdVersion}`);
  });
}

interface GoCommand {
  /** Path of the finished program. */
  readonly program: string;
  /** Package of its `main`. */
  readonly main: string;
}

/**
 * Builds programs of `k8s.io/kubernetes`. Its go.mod replaces its own parts by folders of its repository; here they are
 * replaced by the modules published from those folders.
 */
function buildKubernetes(commands: readonly GoCommand[]): void {
  const [major, minor] = kubernetesVersion.split('.');
  const version = { gitVersion: `v${kubernetesVersion}`, gitMajor: major, gitMinor: minor };
  const variables = Object.entries(version).map(
    ([name, value]) => `k8s.io/component-base/version.${name}=${value}`,
  );
  const prepare = (module: string) => {
    const download = ['mod', 'download', '-json', `k8s.io/kubernetes@v${kubernetesVersion}`];
    const source = JSON.parse(execFileSync('go', download).toString()).Dir as string;
    const parts = readFileSync(join(source, 'go.mod'), 'utf8').matchAll(
      /(k8s\.io\/[a-z-]+) => \.\/staging\//g,
    );
    const partVersion = kubernetesVersion.replace(/^1/, 'v0');
    const lines = [
      'module unitledger.example/kubernetes',
      'go 1.25.0',
      `require k8s.io/kubernetes v${kubernetesVersion}`,
      ...[...parts].map(([, name]) => `replace ${name} => ${name} ${partVersion}`),
    ];
    writeFileSync(join(module, 'go.mod'), `${lines.join('\n')}\n`);
    copyFileSync(join(source, 'go.sum'), join(module, 'go.sum'));
    // Present before the first build: the packages it requires change the versions that every program is built with.
    mkdirSync(join(module, 'controllers'));
    copyFileSync(controllersSource, join(module, 'controllers/main.go'));
  };
  inModule(commands, prepare, variables);
}

/** Builds missing programs of `commands` in a separate module, which `prepare` writes. */
function inModule(
  commands: readonly GoCommand[],
  prepare: (module: string) => void,
  variables: readonly string[] = [],
): void {
  const missing = commands.filter(({ program }) => !existsSync(program));
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  const module = mkdtempSync(join(folder, 'building-'));
  try {
    prepare(module);
    const flags = ['-s -w', ...variables.map((each) => `-X ${each}`)].join(' ');
    for (const { program, main } of missing) {
      go(module, 'build', '-trimpath', '-ldflags', flags, '-o', 'program', main);
      renameSync(join(module, 'program'), program);
    }
  } finally {
    execFileSync('chmod', ['-R', 'u+w', module]);
    rmSync(module, { recursive: true });
  }
}

function go(cwd: string, ...args: readonly string[]): void {
  // Go's own temporary files are removed with the module.
  const env = { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0', GOTMPDIR: cwd };
  execFileSync('go', args, { cwd, env, stdio: 'inherit' });
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}
