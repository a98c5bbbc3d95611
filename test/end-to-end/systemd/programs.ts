import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { putBundle } from '../../bundle.ts';
import type { Finished } from './command.ts';
import type { SystemdLab } from './lab.ts';

/** Path of the tests' Node inside the lab. The checkout has the same path inside, read-only. */
export const NODE_INSIDE = '/usr/local/bin/node';
/** Path of the bundle inside the lab, as in the service file. */
export const BUNDLE_INSIDE = '/usr/local/lib/unitledger';
/** Mount points of the host's files in a sidecar. */
export const SIDECAR_PROC_ROOT = '/host/proc';
export const SIDECAR_CGROUP_ROOT = '/host/sys/fs/cgroup';
/** Capabilities in the chart, by the names of setpriv(1). */
const SIDECAR_CAPABILITIES = ['sys_ptrace', 'dac_read_search'];

/** Puts the bundle into the lab, as an administrator does, and Node on the PATH of its units. */
export async function installBundle(lab: SystemdLab): Promise<void> {
  const dist = mkdtempSync(path.join(tmpdir(), 'unitledger-lab-'));
  try {
    await putBundle(dist);
    cpSync(dist, path.join(lab.fileRoot, BUNDLE_INSIDE), { recursive: true });
  } finally {
    rmSync(dist, { recursive: true });
  }
  // mkdtemp(3) makes folders that nobody else may enter.
  await lab.output(['chmod', '755', BUNDLE_INSIDE]);
  await lab.output(['ln', '-s', NODE_INSIDE, '/usr/bin/node']);
}

/**
 * The command as started by root in a shell of the lab's machine: with its `/proc`, `/sys/fs/cgroup`, unit directories
 * and PIDs, under systemd. The network is this machine's, so that the collector of a test is reachable.
 */
export function onHost(lab: SystemdLab, argv: readonly string[]): string[] {
  return inCgroup(lab, 'user.slice/user-0.slice/session-1.scope', argv);
}

/**
 * The command as in a sidecar with `hostPID`: in a pod's cgroup, with a private cgroup namespace, few capabilities, and
 * the host's `/proc` and cgroup root mounted read-only at `SIDECAR_PROC_ROOT` and `SIDECAR_CGROUP_ROOT`.
 */
export function asSidecar(
  lab: SystemdLab,
  argv: readonly string[],
  capabilities: readonly string[] = SIDECAR_CAPABILITIES,
): string[] {
  return contained(lab, argv, capabilities, [], ':');
}

/** Like `asSidecar`, but without `hostPID`: in a PID namespace of its own, with its `/proc`. */
export function asSidecarWithOwnPids(lab: SystemdLab, argv: readonly string[]): string[] {
  return contained(lab, argv, SIDECAR_CAPABILITIES, OWN_PIDS, 'mount -t proc proc /proc');
}

const OWN_PIDS = ['--pid', '--fork', '--kill-child'];

function contained(
  lab: SystemdLab,
  argv: readonly string[],
  capabilities: readonly string[],
  namespaces: readonly string[],
  script: string,
): string[] {
  const mounts = `
    mkdir -p ${SIDECAR_PROC_ROOT} ${SIDECAR_CGROUP_ROOT} &&
    mount --bind --read-only /proc ${SIDECAR_PROC_ROOT} &&
    mount --bind --read-only /sys/fs/cgroup ${SIDECAR_CGROUP_ROOT} &&
    ${script} &&
    exec "$@"`;
  const bounds = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const confined = ['setpriv', '--inh-caps=-all', `--bounding-set=${bounds}`, '--', ...argv];
  const command = ['unshare', '--mount', '--cgroup', ...namespaces, 'sh', '-c', mounts, 'sh', ...confined];
  return inCgroup(lab, 'kubepods/pod1/sidecar', command);
}

/**
 * The command in the lab's PID, mount, cgroup, UTS and IPC namespaces and in a cgroup of the lab (a path below its
 * root, created if missing) that systemd does not know.
 */
export function inCgroup(lab: SystemdLab, cgroup: string, argv: readonly string[]): string[] {
  const directory = path.join(lab.cgroupRoot, cgroup);
  mkdirSync(directory, { recursive: true });
  const of = `/proc/${lab.managerPid}`;
  const namespaces = ['mount=ns/mnt', 'uts=ns/uts', 'ipc=ns/ipc', 'cgroup=ns/cgroup', 'root=root', 'wd=root'];
  const flags = namespaces.map((name) => `--${name.replace('=', `=${of}/`)}`);
  // The PID namespace first, by a fork that stays outside. Then the cgroup, by its outside path: from within the cgroup
  // namespace the kernel may refuse to move a process from outside (nsdelegate).
  const move = ['sh', '-c', 'echo 0 >"$0/cgroup.procs" && exec "$@"', directory];
  return [
    'nsenter',
    '-t',
    String(lab.managerPid),
    '--pid',
    '--',
    ...move,
    'nsenter',
    ...flags,
    '--',
    ...argv,
  ];
}

/** A program started by `startProgram`. */
export interface RunningProgram {
  readonly finished: Promise<Finished>;
  /** nsenter(1), which has the program's output and ends with its exit code. */
  readonly child: ChildProcess;
  /** PID of the program on this machine; undefined before it runs and after it has ended. */
  pid(): number | undefined;
  /** Sends a signal to the program: signals to `child` would not reach it. */
  signal(name: NodeJS.Signals): void;
}

/** Starts a command of `onHost`, `asSidecar` or `inCgroup`. */
export function startProgram(command: readonly string[], environment = process.env): RunningProgram {
  const [file, ...args] = command as [string, ...string[]];
  const child = spawn(file, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ stdout, stderr, code: code ?? 137 }));
  });
  const pid = () => childOf(child.pid);
  const signal = (name: NodeJS.Signals) => {
    const target = pid();
    if (target === undefined) throw new Error(`no program to send ${name} to\n${stderr}`);
    process.kill(target, name);
  };
  return { finished, child, pid, signal };
}

function childOf(pid: number | undefined): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  } catch {
    // Ended.
    return undefined;
  }
}
