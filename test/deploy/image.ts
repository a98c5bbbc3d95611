import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };

/**
 * The container image, built from the Dockerfile with base images made from a Debian root, because this machine may not
 * reach an image registry; run by podman in the machine's own PID namespace.
 */
const checkout = resolve(import.meta.dirname, '../..');
export const image = 'localhost/unitledger:test';
/** Architecture names of images. */
export type Architecture = 'amd64' | 'arm64';
const OWN: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
/** crun rejects hybrid cgroups; there is no systemd to create cgroups. */
const runtime = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];

/** Whether all required tools are installed, or which are missing. */
export function imageToolsAvailable(): true | string {
  if (process.getuid?.() !== 0) return 'building and running the image needs root';
  const tools = ['debootstrap', 'buildah', 'podman', 'runc', 'npm'];
  const absent = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return absent.length === 0 || `not installed: ${absent.join(', ')}`;
}

/** Result of a container. */
export interface ContainerRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The fields that the tests use. */
export interface Inspected {
  readonly Architecture: string;
  readonly Config: {
    readonly User: string;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** Images and containers of one test run, in a storage of their own. */
export class ImageStore {
  /** Needs over a gigabyte while building, so not on a possible memory file system. */
  readonly #folder = mkdtempSync('/var/tmp/unitledger-image-');
  readonly #storage = [
    ['--root', join(this.#folder, 'storage')],
    ['--runroot', join(this.#folder, 'run')],
    ['--storage-driver', 'vfs'],
  ].flat();

  /** Builds the image, for this machine or another: 30 s, and another minute if there is no Debian root yet. */
  build(architecture = OWN): void {
    const root = debianRoot();
    // The OCI format has no health check.
    const arguments_ = ['bud', '--isolation', 'chroot', '--format', 'docker', '--tag', image];
    arguments_.push('--build-arg', `VERSION=${manifest.version}`, '--build-arg', 'REVISION=0123abc');
    // Newer builders set these; Debian's buildah only when it builds for its own machine.
    const [build, target] = [`BUILDPLATFORM=linux/${OWN}`, `TARGETPLATFORM=linux/${architecture}`];
    for (const each of [build, target, `TARGETARCH=${architecture}`]) arguments_.push('--build-arg', each);
    arguments_.push('--platform', `linux/${architecture}`);
    for (const [name, base] of [
      ['BUILD_IMAGE', this.#import('build-base', OWN, (folder) => addNodeAndNpm(root, folder))],
      ['BASE_IMAGE', this.#import('base', architecture, (folder) => copyLibraries(architecture, folder))],
    ]) {
      arguments_.push('--build-arg', `${name}=${base}`);
    }
    execFileSync('buildah', [...this.#storage, ...arguments_, checkout], { stdio: 'inherit' });
  }

  /** Command line that runs the image with minimal privileges, and the machine's processes and network. */
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

  /** Metadata of the image. */
  inspect(): Inspected {
    const { stdout } = spawnSync('podman', [...this.#storage, 'inspect', image], { encoding: 'utf8' });
    return JSON.parse(stdout)[0];
  }

  /** Compressed size of each layer as stored in a registry, base image first. */
  compressedLayers(): readonly number[] {
    const folder = join(this.#folder, 'pushed');
    const push = [
      'push',
      '--quiet',
      '--compression-format',
      'gzip',
      '--format',
      'oci',
      image,
      `oci:${folder}:test`,
    ];
    execFileSync('buildah', [...this.#storage, ...push], { stdio: 'ignore' });
    const read = (digest: string) =>
      JSON.parse(readFileSync(join(folder, 'blobs', digest.replace(':', '/')), 'utf8'));
    const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
    const { layers } = read(index.manifests[0].digest) as { layers: { size: number }[] };
    rmSync(folder, { recursive: true });
    return layers.map(({ size }) => size);
  }

  /** Writes the image to a file in the format of `docker save`. */
  save(file: string): void {
    const push = ['push', '--quiet', image, `docker-archive:${file}:${image}`];
    execFileSync('buildah', [...this.#storage, ...push], { stdio: 'ignore' });
  }

  /** Runs the image's health check in a running container. */
  healthOf(container: string): number | null {
    return spawnSync('podman', [...this.#storage, ...runtime, 'healthcheck', 'run', container]).status;
  }

  /** PID of a running container's program; undefined if there is none. */
  pidOf(container: string): number | undefined {
    const inspect = ['inspect', '--format', '{{.State.Pid}}', container];
    const { status, stdout } = spawnSync('podman', [...this.#storage, ...inspect], { encoding: 'utf8' });
    return status === 0 && Number(stdout) > 0 ? Number(stdout) : undefined;
  }

  /** Sends SIGTERM to a container that may still be running, as container runtimes do first to stop it. */
  terminate(container: string): void {
    spawnSync('podman', [...this.#storage, 'kill', '--signal', 'TERM', container]);
  }

  /** Ends running containers and removes everything. */
  remove(): void {
    execFileSync('podman', [...this.#storage, ...runtime, 'rm', '--all', '--force', '--time', '0']);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Copies the contents of the image, including its base, to `folder`. */
  unpack(folder: string): void {
    const container = execFileSync('buildah', [...this.#storage, 'from', image], { encoding: 'utf8' }).trim();
    const mounted = execFileSync('buildah', [...this.#storage, 'mount', container], {
      encoding: 'utf8',
    }).trim();
    execFileSync('cp', ['--archive', `${mounted}/.`, folder]);
    execFileSync('buildah', [...this.#storage, 'rm', container], { stdio: 'ignore' });
  }

  #import(name: string, architecture: Architecture, fill: (folder: string) => void): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    fill(folder);
    const tag = `localhost/unitledger-${name}`;
    const tar = join(this.#folder, `${name}.tar`);
    execFileSync('tar', ['-C', folder, '-cf', tar, '.']);
    const import_ = ['import', '--arch', architecture, ...importChanges, tar, tag];
    execFileSync('podman', [...this.#storage, ...import_], { stdio: 'ignore' });
    rmSync(folder, { recursive: true });
    rmSync(tar);
    return tag;
  }
}

/** The machine's certificates are included: it may reach its package registry through a proxy with its own. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';
const importChanges = ['--change', `ENV NODE_EXTRA_CA_CERTS=${certificates}`];

/** A minimal Debian, created once a machine, only to be copied from. For another architecture it is only unpacked. */
function debianRoot(architecture = OWN): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unitledger-tests');
  const root = join(cache, `image-base-bookworm${architecture === OWN ? '' : `-${architecture}`}`);
  if (existsSync(root)) return root;
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(`${root}.`);
  const options = ['--variant=minbase', '--include=ca-certificates'];
  if (architecture !== OWN) options.push('--foreign', `--arch=${architecture}`);
  execFileSync('debootstrap', [...options, 'bookworm', building], { stdio: 'inherit' });
  renameSync(building, root);
  return root;
}

/** Substitute for `node:24-bookworm` in the Dockerfile: Debian with a Node, and this machine's npm. */
function addNodeAndNpm(root: string, folder: string): void {
  execFileSync('cp', ['--archive', `${root}/.`, folder]);
  copyFileSync(certificates, join(folder, certificates));
  copyFileSync(process.execPath, join(folder, 'usr/local/bin/node'));
  const npm = dirname(dirname(realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())));
  cpSync(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'));
}

/** Substitute for a distroless image in the Dockerfile: the libraries of Node, certificates, and no shell. */
function copyLibraries(architecture: Architecture, folder: string): void {
  const root = debianRoot(architecture);
  for (const path of LIBRARIES[architecture]) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    copyFileSync(join(root, path), join(folder, path));
  }
  mkdirSync(join(folder, dirname(certificates)), { recursive: true });
  copyFileSync(certificates, join(folder, certificates));
}

const NAMES = ['libc.so.6', 'libdl.so.2', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0'];
const LIBRARIES: Readonly<Record<Architecture, readonly string[]>> = {
  amd64: ['/lib64/ld-linux-x86-64.so.2', ...librariesIn('x86_64-linux-gnu')],
  arm64: ['/lib/ld-linux-aarch64.so.1', ...librariesIn('aarch64-linux-gnu')],
};

function librariesIn(folder: string): readonly string[] {
  return [...NAMES.map((name) => `/lib/${folder}/${name}`), `/usr/lib/${folder}/libstdc++.so.6`];
}
