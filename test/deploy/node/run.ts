/**
 * `npm run test:node`: installs what is missing, builds the images, and runs `node.test.ts` in mount, network and PID
 * namespaces of its own. When the tests are over, the namespaces end with all that is in them: processes, mounts, interfaces.
 * Cgroups are removed afterwards.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildCollector } from '../../end-to-end/backends/collector.ts';
import { buildPrometheus } from '../../end-to-end/backends/prometheus.ts';
import { installHelm } from '../helm.ts';
import { imageToolsAvailable } from '../image.ts';
import { installNodePrograms } from '../kubernetes-programs.ts';
import { buildImages } from './images.ts';
import { ADDRESS, BRIDGE } from './network.ts';
import { nodeToolsAvailable } from './node.ts';

const checkout = resolve(import.meta.dirname, '../../..');

/** Kernel settings that the kubelet would change for the whole machine; files over them take what it writes. */
const SETTINGS: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/** Folders whose paths containerd and the kubelet have built in. */
const FIXED_FOLDERS = [
  '/run/containerd',
  '/run/netns',
  '/var/log/containers',
  '/var/lib/cni',
  '/usr/libexec/kubernetes',
];

const missing = [imageToolsAvailable(), nodeToolsAvailable()].find((each) => each !== true);
if (missing !== undefined) {
  console.error(`test:node cannot run here: ${missing}`);
  process.exit(process.env.CI === 'true' ? 1 : 2);
}
installHelm();
buildCollector();
buildPrometheus();
installNodePrograms();
process.exitCode = runTests();

function runTests(): number {
  const folder = mkdtempSync('/var/tmp/unitledger-node-');
  const made = FIXED_FOLDERS.filter((each) => !existsSync(each));
  const cgroups = new Set(nodeCgroups());
  try {
    buildImages(folder);
    for (const each of made) mkdirSync(each, { recursive: true });
    const command = ['node', 'scripts/test.ts', 'test/deploy/node.test.ts', ...process.argv.slice(2)];
    const isolated = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const { status } = spawnSync('unshare', [...isolated, 'bash', '-c', script(folder), 'bash', ...command], {
      cwd: checkout,
      env: { ...withoutProxies(process.env), UNITLEDGER_TEST_NODE: folder },
      stdio: 'inherit',
    });
    return status ?? 1;
  } finally {
    for (const directory of nodeCgroups()) if (!cgroups.has(directory)) removeTree(directory);
    for (const each of made) rmSync(each, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The namespaces' first process: prepares them, runs its arguments, and takes orphans, as PID 1 has to. */
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

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  rmdirSync(directory);
}
