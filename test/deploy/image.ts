import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * The container image, built from the Dockerfile with base images made here out of a Debian root, as a machine that
 * reaches no image registry has to; and run by podman in the machine's own PID namespace.
 */
const checkout = resolve(import.meta.dirname, '../..');
const image = 'localhost/unitledger:test';
/** crun refuses hybrid cgroups; no systemd is there to make cgroups. */
const runtime = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];

/** Whether all that is needed is here, or what is not. */
export function imageToolsAvailable(): true | string {
  if (process.getuid?.() !== 0) return 'building and running the image needs root';
  const tools = ['debootstrap', 'buildah', 'podman', 'runc', 'npm'];
  const absent = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return absent.length === 0 || `not installed: ${absent.join(', ')}`;
}

/** A container that ran to its end. */
export interface ContainerRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Images and containers of one test run, in a storage of their own. */
export class ImageStore {
  /** Over a gigabyte while it builds, so not where a memory file system may be. */
  readonly #folder = mkdtempSync('/var/tmp/unitledger-image-');
  readonly #storage = [
    ['--root', join(this.#folder, 'storage')],
    ['--runroot', join(this.#folder, 'run')],
    ['--storage-driver', 'vfs'],
  ].flat();

  /** Builds the image: 30 s, and a minute more where there is no Debian root yet. */
  build(): void {
    const root = debianRoot();
    const arguments_ = ['bud', '--isolation', 'chroot', '--tag', image];
    for (const [name, base] of [
      ['BUILD_IMAGE', this.#import('build-base', (folder) => addNodeAndNpm(root, folder))],
      ['BASE_IMAGE', this.#import('base', (folder) => copyNodeAlone(root, folder))],
    ]) {
      arguments_.push('--build-arg', `${name}=${base}`);
    }
    execFileSync('buildah', [...this.#storage, ...arguments_, checkout], { stdio: 'inherit' });
  }

  /** Command line that runs the image with nothing but what is asked for. */
  command(podmanArguments: readonly string[], programArguments: readonly string[]): [string, ...string[]] {
    return [
      'podman',
      ...this.#storage,
      ...runtime,
      ...['run', '--rm'],
      // The default limits are higher than some machines allow.
      ...['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=10000:10000'],
      ...['--pid', 'host', '--network', 'host', '--read-only', '--cap-drop', 'ALL'],
      ...['--security-opt', 'no-new-privileges'],
      ...podmanArguments,
      image,
      ...programArguments,
    ];
  }

  run(podmanArguments: readonly string[], programArguments: readonly string[]): ContainerRun {
    const [program, ...rest] = this.command(podmanArguments, programArguments);
    return spawnSync(program, rest, { encoding: 'utf8', timeout: 60_000 });
  }

  /** PID of a running container's program; undefined while there is none. */
  pidOf(container: string): number | undefined {
    const inspect = ['inspect', '--format', '{{.State.Pid}}', container];
    const { status, stdout } = spawnSync('podman', [...this.#storage, ...inspect], { encoding: 'utf8' });
    return status === 0 && Number(stdout) > 0 ? Number(stdout) : undefined;
  }

  /** What a container runtime does first to stop a container. */
  terminate(container: string): void {
    execFileSync('podman', [...this.#storage, 'kill', '--signal', 'TERM', container]);
  }

  /** Ends what still runs, and removes everything. */
  remove(): void {
    execFileSync('podman', [...this.#storage, ...runtime, 'rm', '--all', '--force', '--time', '0']);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #import(name: string, fill: (folder: string) => void): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    fill(folder);
    const tag = `localhost/unitledger-${name}`;
    const tar = join(this.#folder, `${name}.tar`);
    execFileSync('tar', ['-C', folder, '-cf', tar, '.']);
    execFileSync('podman', [...this.#storage, 'import', ...importChanges, tar, tag], { stdio: 'ignore' });
    rmSync(folder, { recursive: true });
    rmSync(tar);
    return tag;
  }
}

/** The machine's certificates come along: it may reach its package registry through a proxy with one of its own. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';
const importChanges = ['--change', `ENV NODE_EXTRA_CA_CERTS=${certificates}`];

/** A minimal Debian, made once a machine, outside the checkout; only to be copied from. */
function debianRoot(): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unitledger-tests');
  const root = join(cache, 'image-base-bookworm');
  if (existsSync(root)) return root;
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(`${root}.`);
  const options = ['--variant=minbase', '--include=ca-certificates'];
  execFileSync('debootstrap', [...options, 'bookworm', building], { stdio: 'inherit' });
  renameSync(building, root);
  return root;
}

/** What `node:24-bookworm-slim` is to the Dockerfile: Debian with this Node and this machine's npm. */
function addNodeAndNpm(root: string, folder: string): void {
  execFileSync('cp', ['--archive', `${root}/.`, folder]);
  copyFileSync(certificates, join(folder, certificates));
  copyFileSync(process.execPath, join(folder, 'usr/local/bin/node'));
  const npm = dirname(dirname(realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())));
  cpSync(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'));
}

/** What a distroless image is to the Dockerfile: Node where it has it, the libraries it links, and no shell. */
function copyNodeAlone(root: string, folder: string): void {
  mkdirSync(join(folder, 'nodejs/bin'), { recursive: true });
  copyFileSync(process.execPath, join(folder, 'nodejs/bin/node'));
  const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [path] of linked.matchAll(/\/\S+\.so\S*/g)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    copyFileSync(join(root, path), join(folder, path));
  }
  mkdirSync(join(folder, dirname(certificates)), { recursive: true });
  copyFileSync(certificates, join(folder, certificates));
}
