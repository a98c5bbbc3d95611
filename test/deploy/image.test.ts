import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import manifest from '../../package.json' with { type: 'json' };
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { skipUnless } from '../skip.ts';
import { ImageStore, imageToolsAvailable } from './image.ts';

/** What the chart and the README give a container of this image. */
const twoCapabilities = ['--cap-add', 'SYS_PTRACE', '--cap-add', 'DAC_READ_SEARCH'];
const hostTrees = [
  ...['--volume', '/proc:/host/proc:ro', '--env', 'UNITLEDGER_PROC_ROOT=/host/proc'],
  ...[
    '--volume',
    '/sys/fs/cgroup:/host/sys/fs/cgroup:ro',
    '--env',
    'UNITLEDGER_CGROUP_ROOT=/host/sys/fs/cgroup',
  ],
];
const summaryOnly = ['--summary', 'json', '--export', 'none'];

describe('the container image', skipUnless(imageToolsAvailable()), () => {
  let store: ImageStore;
  let work: Work;

  before(() => {
    store = new ImageStore();
    store.build();
    work = new Work();
  });
  after(async () => {
    await work.end();
    store.remove();
  });

  test('runs the program without any privilege', () => {
    // Podman has systemd ask for health, and complains where there is none.
    const { status, stdout, stderr } = store.run(['--no-healthcheck'], ['--version']);
    assert.deepEqual(
      { status, stdout, stderr },
      { status: 0, stdout: `unitledger ${manifest.version}\n`, stderr: '' },
    );
  });

  test('has the program on its PATH, to start another one in its container', () => {
    const { status, stdout, stderr } = store.run(
      ['--no-healthcheck', '--entrypoint', '["unitledger"]'],
      ['--version'],
    );
    assert.deepEqual(
      { status, stdout, stderr },
      { status: 0, stdout: `unitledger ${manifest.version}\n`, stderr: '' },
    );
  });

  test('contains the bundle with its licences, and neither sources nor a shell nor a package manager', () => {
    const script = `
      const { components } = JSON.parse(fs.readFileSync('/app/sbom.cdx.json', 'utf8'));
      const there = ['/bin/sh', '/usr/bin/sh', '/usr/local/bin/npm', '/build'].filter((path) => fs.existsSync(path));
      console.log(JSON.stringify({ files: fs.readdirSync('/app').sort(), there, components, node: process.versions }));`;
    const { stdout, stderr } = store.run(['--entrypoint', '["node", "--eval"]'], [script]);
    assert.notEqual(stdout, '', stderr);
    const { files, there, components, node } = JSON.parse(stdout);
    const owed = ['LICENSE', 'NODE-LICENSE.txt', 'THIRD-PARTY-LICENSES.txt', 'sbom.cdx.json'];
    const program = [
      'chunks',
      'compile-cache',
      'healthcheck.mjs',
      'main.mjs',
      'node_modules',
      'unitledger.mjs',
    ];
    assert.deepEqual(files, [...owed, ...program].sort());
    assert.deepEqual(there, []);
    const platform = components.find(({ name }: { name: string }) => name === 'node');
    assert.equal(platform.version, node.node);
    const linked = platform.components.map((each: { purl: string }) => each.purl);
    assert.ok(linked.includes(`pkg:generic/openssl@${node.openssl}`), linked.join(' '));
    // The one that the tests run with, of the lockfile.
    assert.equal(node.node, process.versions.node);
  });

  test('has labels and a health check', () => {
    const { Config, Healthcheck } = store.inspect();
    assert.equal(Config.Labels['org.opencontainers.image.title'], 'unitledger');
    assert.equal(Config.Labels['org.opencontainers.image.version'], manifest.version);
    assert.equal(Config.Labels['org.opencontainers.image.revision'], '0123abc');
    assert.equal(Config.Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
    assert.equal(Config.User, '0');
    assert.deepEqual(Healthcheck.Test, ['CMD', 'node', '/app/healthcheck.mjs']);
  });

  test('takes at most 60 MB to pull, with 12 MB left for the base image', () => {
    const [base = 0, ...own] = store.compressedLayers();
    const ownBytes = own.reduce((sum, size) => sum + size, 0);
    console.log(
      `compressed: ${(ownBytes / 1e6).toFixed(1)} MB, and ${(base / 1e6).toFixed(1)} MB of the tests' base`,
    );
    assert.ok(ownBytes < 48e6, `${ownBytes} bytes`);
  });

  test('books a host cgroup’s CPU and disk bytes with two capabilities and a read-only root', () => {
    const options = ['--cgroup', work.cgroup, '--duration', '4', ...summaryOnly];
    const { status, stdout, stderr } = store.run([...hostTrees, ...twoCapabilities], options);
    assert.equal(status, 0, stderr);
    const [unit] = (JSON.parse(stdout) as RunDocument).units;
    const [worker] = unit!.processes;
    assert.equal(worker!.pid, work.pid);
    assert.ok(unit!.cpu.coverage! > 0.98 && unit!.cpu.coverage! < 1.02, `coverage ${unit!.cpu.coverage}`);
    assert.ok(worker!.diskBytes! > 0, `${worker!.diskBytes} bytes`);
    // Nothing but the native library, inside the image, counts finer than the clock tick of 10 ms.
    assert.ok(!Number.isInteger(Number((worker!.cpuSeconds * 100).toFixed(4))), `${worker!.cpuSeconds} s`);
  });

  test('reports disk bytes as unknown without the capabilities, logs it, and books CPU all the same', () => {
    const options = ['--cgroup', work.cgroup, '--duration', '3', ...summaryOnly];
    const { status, stdout, stderr } = store.run(hostTrees, options);
    assert.equal(status, 0, stderr);
    const [unit] = (JSON.parse(stdout) as RunDocument).units;
    assert.equal(unit!.processes[0]!.diskBytes, null);
    assert.ok(unit!.cpu.coverage! > 0.98 && unit!.cpu.coverage! < 1.02, `coverage ${unit!.cpu.coverage}`);
    assert.match(stderr, /SYS_PTRACE/);
  });

  test('returns exit code 2 with its sentence for bad input', () => {
    const { status, stderr } = store.run([], ['--cgroup', '/x', '--interval', '0']);
    assert.equal(status, 2);
    assert.match(stderr, /--interval must be > 0/);
  });

  test('ends with its summary when the container is stopped', async (t) => {
    const name = `unitledger-test-${process.pid}`;
    const options = ['--cgroup', work.cgroup, ...summaryOnly];
    const port = await freePort();
    const listening = ['--env', `UNITLEDGER_LISTEN=${port}`];
    const named = ['--name', name, ...listening, ...hostTrees, ...twoCapabilities];
    const [program, ...rest] = store.command(named, options);
    const container = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const summary = text(container.stdout);
    const exit = once(container, 'exit');
    t.after(() => container.kill('SIGKILL'));
    await until(() => holdsOpen(store.pidOf(name), `/${work.pid}/stat`));
    await until(() => store.healthOf(name) === 0);
    store.terminate(name);
    assert.deepEqual(await exit, [0, null]);
    assert.equal((JSON.parse(await summary) as RunDocument).units[0]!.instances, 1);
  });
});

/** The containers of this test are in the network of this machine. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether a process has a file open whose path ends so. */
function holdsOpen(pid: number | undefined, ending: string): boolean {
  if (pid === undefined) return false;
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((descriptor) => linkedPath(join(folder, descriptor)).endsWith(ending));
}

/** Empty for a descriptor that was closed meanwhile. */
function linkedPath(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function until(reached: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!reached()) {
    assert.ok(Date.now() < deadline, 'not reached within 30 s');
    await setTimeout(50);
  }
}

/** A process of the user `nobody` in a cgroup of its own, that computes and writes a file over and over. */
class Work {
  readonly cgroup = `/unitledger-image-test-${process.pid}`;
  readonly #hierarchy = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';
  readonly #directory = join(this.#hierarchy, this.cgroup);
  readonly #folder = mkdtempSync(join(tmpdir(), 'unitledger-work-'));
  readonly #process: ChildProcess;

  constructor() {
    mkdirSync(this.#directory);
    chmodSync(this.#folder, 0o777);
    const loop = `while :; do echo 1 >'${this.#folder}/file'; done`;
    const enter = `echo $$ >'${this.#directory}/cgroup.procs'`;
    const asNobody = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups --pdeathsig KILL sh -c "$1"';
    this.#process = spawn('sh', ['-c', `${enter} && ${asNobody}`, 'sh', loop], { stdio: 'inherit' });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async end(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
    rmdirSync(this.#directory);
    rmSync(this.#folder, { recursive: true });
  }
}
