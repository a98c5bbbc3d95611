import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { destroyCgroup, ownCgroup, processesBelow, unifiedMount } from './cgroup.ts';
import { runCommand } from './command.ts';
import { isAbandonedLab, newLabName } from './owner.ts';
import { cacheFolder, systemdRoot } from './root.ts';

const SCRIPT = path.join(import.meta.dirname, 'boot.sh');
const CHECKOUT = path.resolve(import.meta.dirname, '../../..');
const TOOLS = ['apt-get', 'debootstrap', 'flock', 'mount', 'nsenter', 'setpriv', 'unshare'];
/** Sufficient to copy the whole root if overlays cannot be mounted. */
const MOUNT_MILLIS = 120_000;
const BOOT_MILLIS = 60_000;

/** A booted systemd, seen from outside. */
export interface Boot {
  /** The directory that is the root of its cgroup namespace. */
  readonly cgroupRoot: string;
  /** Its layer over the Debian root, on a disk. */
  readonly folder: string;
  /** PID of systemd on this machine; PID 1 inside. */
  readonly managerPid: number;
  /** unshare(1), the parent of systemd, which ends when systemd does. */
  readonly parent: ChildProcess;
}

/** Why no systemd can be booted on this machine, in one sentence; undefined if it can. */
export function labMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'a systemd of the tests needs root';
  const folders = `${process.env.PATH}:/usr/sbin:/sbin`.split(':');
  const missing = TOOLS.filter((tool) => !folders.some((folder) => existsSync(path.join(folder, tool))));
  if (missing.length > 0) return `a systemd of the tests needs ${missing.join(', ')}`;
  const mount = unifiedMount();
  if (mount === undefined) return 'a systemd of the tests needs cgroup v2, and none is mounted';
  try {
    accessSync(mount, constants.W_OK);
    return undefined;
  } catch {
    // The sentence contains the reason.
    return `a systemd of the tests needs to write to ${mount}`;
  }
}

/** Boots systemd over a fresh layer and waits until it has started its units. Throws with the output on failure. */
export async function boot(): Promise<Boot> {
  const missing = labMissing();
  if (missing !== undefined) throw new Error(missing);
  const mount = unifiedMount()!;
  const running = runningFolder();
  const root = await systemdRoot();
  await removeAbandonedLabs();

  const name = newLabName();
  const cgroupRoot = path.join(mount, name);
  const folder = path.join(running, name);
  mkdirSync(folder, { recursive: true });
  mkdirSync(cgroupRoot);
  const enter = ['sh', SCRIPT, 'enter', cgroupRoot, root, folder, CHECKOUT, process.execPath];
  // When this program ends in any way, the parent is killed, and PID 1 with it.
  const [file, ...args] = ['setpriv', '--pdeathsig', 'KILL', ...enter] as [string, ...string[]];
  const parent = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    await mounted(parent);
    const managerPid = processesBelow(cgroupRoot).find((pid) => pid !== parent.pid);
    if (managerPid === undefined) throw new Error('the booting shell is not in its cgroup');
    writeFileSync(path.join(ownCgroup(mount), 'cgroup.procs'), String(parent.pid));
    parent.stdin.end('go\n');
    await started(managerPid);
    parent.unref();
    return { cgroupRoot, folder, managerPid, parent };
  } catch (error) {
    await destroyCgroup(cgroupRoot);
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function runningFolder(): string {
  return path.join(cacheFolder(), 'running');
}

/** Removes cgroups, with their processes, and files of labs whose creators were killed. */
export async function removeAbandonedLabs(): Promise<void> {
  const [mount, running] = [unifiedMount()!, runningFolder()];
  const isAbandoned = (name: string) => isAbandonedLab(name, mount);
  const files = existsSync(running) ? readdirSync(running).filter(isAbandoned) : [];
  for (const name of readdirSync(mount).filter(isAbandoned)) await destroyCgroup(path.join(mount, name));
  for (const name of files) await rm(path.join(running, name), { recursive: true, force: true });
}

/** Waits for the script's first line: the mounts exist, and PID 1 waits for the go-ahead. */
function mounted(parent: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`systemd did not boot: ${why}\n${said}`.trim()));
    const timer = setTimeout(() => fail('the mounts took too long'), MOUNT_MILLIS);
    parent.stderr!.on('data', (text) => {
      said += text;
    });
    parent.once('error', (error) => fail(error.message));
    parent.once('exit', (code, signal) => fail(`exit ${code ?? signal}`));
    parent.stdout!.once('data', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function started(managerPid: number): Promise<void> {
  const deadline = Date.now() + BOOT_MILLIS;
  let state = 'PID 1 never became systemd';
  while (Date.now() < deadline) {
    if (readFileSync(`/proc/${managerPid}/comm`, 'latin1') === 'systemd\n') {
      const ask = ['systemctl', 'is-system-running', '--wait'];
      const answer = await runCommand(
        ['nsenter', '-t', String(managerPid), '-a', '-r', '-w', ...ask],
        BOOT_MILLIS,
      );
      state = `${answer.stdout}${answer.stderr}`.trim();
      if (state === 'running' || state === 'degraded') return;
    }
    await sleep(20);
  }
  throw new Error(`systemd did not boot: ${state}`);
}
