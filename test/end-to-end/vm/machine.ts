import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { outputOf, runCommand } from '../systemd/command.ts';
import { cacheFolder, distributionSource } from '../systemd/root.ts';

const RECIPE = path.join(import.meta.dirname, 'build-vm-root.sh');
const CHECKOUT = path.resolve(import.meta.dirname, '../../..');
const TOOLS = ['apt-get', 'debootstrap', 'flock', 'mke2fs', 'npm', 'qemu-system-x86_64', 'unshare'];
const BUILD_MILLIS = 15 * 60_000;
/** The machine is emulated, because hardware virtualisation may not be available: about twenty times slower. */
const RUN_MILLIS = 10 * 60_000;

/** Whether a virtual machine can run here, or why not. */
export function canRunVm(): true | string {
  if (process.getuid?.() !== 0) return 'making the root of a virtual machine needs root';
  const absent = TOOLS.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return absent.length === 0 || `not installed: ${absent.join(', ')}`;
}

/**
 * Runs a TypeScript file of the checkout in a separate machine: Debian's kernel with systemd, cgroup v2 and all its
 * controllers, PSI included. Returns its output, parsed as JSON; throws with the console if there is none.
 */
export async function runInVm(file: string): Promise<unknown> {
  const machine = await machineFolder();
  // Not on a possible memory file system.
  const folder = mkdtempSync('/var/tmp/unitledger-vm-');
  try {
    const disk = await payloadDisk(folder, path.relative(CHECKOUT, file));
    const printed = path.join(folder, 'printed');
    const { stdout, stderr } = await runCommand(commandOf(machine, disk, printed), RUN_MILLIS);
    const text = existsSync(printed) ? readFileSync(printed, 'utf8') : '';
    if (text === '') throw new Error(`nothing came of the machine:\n${stdout}${stderr}`);
    return JSON.parse(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The console is the first serial port; the payload prints to the second. */
function commandOf(machine: string, disk: string, printed: string): string[] {
  const drive = (image: string, more: string) => ['-drive', `file=${image},format=raw,if=virtio,${more}`];
  return [
    ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-smp', '2', '-m', '1536'],
    ['-nographic', '-no-reboot', '-nic', 'none', '-serial', 'mon:stdio', '-serial', `file:${printed}`],
    ['-kernel', `${machine}/vmlinuz`, '-initrd', `${machine}/initrd`],
    ['-append', 'root=/dev/vda rw console=ttyS0 psi=1 quiet systemd.show_status=false'],
    // Its writes are discarded.
    drive(`${machine}/root.img`, 'snapshot=on'),
    drive(disk, 'readonly=on'),
  ].flat();
}

/** The kernel and the root of the machine; created on first use (2 minutes, 0.4 GB). */
async function machineFolder(): Promise<string> {
  const { suite, mirror, components } = await distributionSource();
  const key = createHash('sha256').update(readFileSync(RECIPE)).update(suite).digest('hex').slice(0, 12);
  const folder = path.join(cacheFolder(), `vm-${key}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  // The kernel releases the lock when its holder ends. Processes that waited for it find the finished folder.
  const lock = path.join(cacheFolder(), 'vm-root.lock');
  const build = ['sh', RECIPE, folder, suite, mirror, components];
  await outputOf(['flock', lock, 'unshare', '--mount', ...build], BUILD_MILLIS);
  return folder;
}

/** A disk with Node, the program with its packages, and the file to run. */
async function payloadDisk(folder: string, file: string): Promise<string> {
  const root = path.join(folder, 'payload');
  mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
  copyFileSync(process.execPath, path.join(root, 'node'));
  copyFileSync(path.join(CHECKOUT, file), path.join(root, file));
  for (const name of ['package.json', 'src', ...(await packageFolders())]) {
    cpSync(path.join(CHECKOUT, name), path.join(root, name), { recursive: true });
  }
  const run = `#!/bin/sh\ncd /payload && HOME=/root exec ./node ${file} >/dev/ttyS1\n`;
  writeFileSync(path.join(root, 'run'), run, { mode: 0o755 });
  const disk = path.join(folder, 'payload.img');
  await outputOf(['mke2fs', '-q', '-t', 'ext4', '-d', root, disk, '768M'], 120_000);
  return disk;
}

async function packageFolders(): Promise<string[]> {
  const list = ['npm', '--prefix', CHECKOUT, 'ls', '--omit=dev', '--all', '--parseable'];
  const { stdout } = await runCommand(list);
  const folders = stdout.split('\n').filter((line) => line.startsWith(`${CHECKOUT}/node_modules/`));
  // The Node package of npm is not needed.
  return folders.map((line) => path.relative(CHECKOUT, line)).filter((name) => !name.includes('node-linux-'));
}
