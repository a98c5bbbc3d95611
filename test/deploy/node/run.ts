/**
 * `npm run test:node`: installs missing programs, builds the images, and runs `node.test.ts` in separate mount, network
 * and PID namespaces. After the tests the namespaces end with everything in them: processes, mounts, interfaces.
 * Cgroups and files are removed afterwards, also after a signal; after SIGKILL by the next run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { buildCollector } from '../../end-to-end/backends/collector.ts';
import { buildPrometheus } from '../../end-to-end/backends/prometheus.ts';
import { labMissing, removeAbandonedLabs } from '../../end-to-end/systemd/boot.ts';
import { destroyCgroup, processesBelow } from '../../end-to-end/systemd/cgroup.ts';
import { systemdRoot } from '../../end-to-end/systemd/root.ts';
import { installHelm } from '../helm.ts';
import { imageToolsAvailable } from '../image.ts';
import { installNodePrograms } from '../kubernetes-programs.ts';
import { buildImages } from './images.ts';
import { ADDRESS, BRIDGE } from './network.ts';
import { nodeToolsAvailable } from './node.ts';

const checkout = resolve(import.meta.dirname, '../../..');

/** Kernel settings that the kubelet would change for the whole machine; files mounted over them receive its writes. */
const SETTINGS: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/** Folders whose paths are built into containerd and the kubelet. */
const FIXED_FOLDERS = [
  '/run/containerd',
  '/run/netns',
  '/var/log/containers',
  '/var/lib/cni',
  '/var/lib/kubelet',
  '/usr/libexec/kubernetes',
];

const TEMPORARY = '/var/tmp';
const PREFIX = 'unitledger-node-';

const needs = [imageToolsAvailable(), nodeToolsAvailable(), labMissing() ?? true, withoutOtherPods()];
const missing = needs.find((each) => each !== true);
if (missing !== undefined) {
  console.error(`test:node cannot run here: ${missing}`);
  process.exit(process.env.CI === 'true' ? 1 : 2);
}
let namespaces: ChildProcess | undefined;
let isInterrupted = false;
// Without a handler the first signal would end this program and leave everything. What it waits for gets a signal of its own.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    endNamespaces();
  });
}
await removeLeftovers();
const startedAt = performance.now();
process.exitCode = await installAndTest();

/** A command that the terminal's signal ended fails here; only the signal is worth reporting. */
async function installAndTest(): Promise<number> {
  try {
    return (await install()) ? await runTests() : 1;
  } catch (error) {
    if (!(await wasInterrupted())) throw error;
    console.error('test:node was interrupted; its processes, cgroups and files were removed');
    return 1;
  }
}

/** Builds what is not cached. Resolves to false after a signal. */
async function install(): Promise<boolean> {
  const steps = [installHelm, buildCollector, buildPrometheus, installNodePrograms, systemdRoot];
  for (const step of steps) {
    await step();
    if (await wasInterrupted()) return false;
  }
  return true;
}

async function runTests(): Promise<number> {
  const folder = mkdtempSync(join(TEMPORARY, PREFIX));
  const made = FIXED_FOLDERS.filter((each) => !existsSync(each));
  try {
    reportStage('programs and Debian roots');
    buildImages(folder);
    reportStage('images');
    for (const each of made) mkdirSync(each, { recursive: true });
    return (await wasInterrupted()) ? 1 : await inNamespaces(folder);
  } finally {
    await removeLeftovers();
    for (const each of made) rmSync(each, { recursive: true, force: true });
    reportStage('everything');
  }
}

/** Whether a signal came: also while this program waited for another and could not handle it. */
async function wasInterrupted(): Promise<boolean> {
  await setImmediate();
  return isInterrupted;
}

/** Runs the tests in the namespaces. */
async function inNamespaces(folder: string): Promise<number> {
  const command = ['node', 'scripts/test.ts', 'test/deploy/node.test.ts', ...process.argv.slice(2)];
  // The namespaces end with unshare, which ends with this program.
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const isolated = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--net', '--pid', '--fork', '--kill-child'];
  namespaces = spawn(
    'setpriv',
    [...isolated, '--mount-proc', 'bash', '-c', script(folder), 'bash', ...command],
    {
      cwd: checkout,
      env: { ...withoutProxies(process.env), UNITLEDGER_TEST_NODE: folder, TMPDIR: temporary },
      stdio: 'inherit',
    },
  );
  const [status] = await once(namespaces, 'exit');
  return status ?? 1;
}

/** Kills PID 1 of the namespaces: unshare, its parent, ends after all their processes. */
function endNamespaces(): void {
  if (namespaces?.pid === undefined || namespaces.exitCode !== null || namespaces.signalCode !== null) return;
  try {
    const text = readFileSync(`/proc/${namespaces.pid}/task/${namespaces.pid}/children`, 'latin1');
    const children = text.split(' ').filter((each) => each !== '');
    for (const child of children) process.kill(Number(child), 'SIGKILL');
    // It has not made the namespaces yet.
    if (children.length === 0) namespaces.kill('SIGKILL');
  } catch {
    // An earlier signal has ended them.
  }
}

/** Removes files and cgroups of ended runs: of this one, or of one that was killed. */
async function removeLeftovers(): Promise<void> {
  for (const directory of nodeCgroups()) await destroyCgroup(directory);
  await removeAbandonedLabs();
  for (const name of readdirSync(TEMPORARY).filter((each) => each.startsWith(PREFIX)))
    rmSync(join(TEMPORARY, name), { recursive: true, force: true });
}

function reportStage(what: string): void {
  console.log(`measured: ${what} | ${((performance.now() - startedAt) / 1000).toFixed(0)} s since the start`);
}

/** The cgroups of pods have fixed names, so only one kubelet can run on a machine. */
function withoutOtherPods(): true | string {
  const taken = nodeCgroups().find((directory) => processesBelow(directory).length > 0);
  return taken === undefined || `another kubelet or containerd has processes in ${taken}`;
}

/** The first process of the namespaces: prepares them, runs its arguments, and reaps orphans as PID 1. */
function script(folder: string): string {
  const settings = Object.entries(SETTINGS).flatMap(([path, value]) => {
    const file = join(folder, path.replaceAll('/', '-'));
    return [`echo ${value} > ${file}`, `mount --bind ${file} /proc/sys/${path}`];
  });
  return [
    'set -e',
    'mount --make-rshared /',
    ...FIXED_FOLDERS.map((each) => `mount -t tmpfs tmpfs ${each}`),
    ...settings,
    'ip link set lo up',
    `ip link add ${BRIDGE} type bridge`,
    `ip address add ${ADDRESS}/24 dev ${BRIDGE}`,
    `ip link set ${BRIDGE} up`,
    '"$@" &',
    'wait $!',
  ].join('\n');
}

function withoutProxies(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/_proxy$/i.test(name)));
}

/** The directories of pods and of containerd in all trees of the machine. */
function nodeCgroups(): string[] {
  const root = '/sys/fs/cgroup';
  const trees = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [root, ...trees.map(({ name }) => join(root, name))]
    .flatMap((tree) => [join(tree, 'kubepods'), join(tree, 'k8s.io')])
    .filter((directory) => existsSync(directory));
}
