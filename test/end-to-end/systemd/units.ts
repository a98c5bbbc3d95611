import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import type { SystemdLab } from './lab.ts';
import { cacheFolder } from './root.ts';

const PAYLOAD = path.join(import.meta.dirname, 'payload');

/** A unit file that is ready to be started in a lab. */
export interface PreparedUnit {
  readonly name: string;
  readonly file: string;
}

/** A service that runs one command; `more` are further lines of its `[Service]` section. */
function service(name: string, command: string, more: readonly string[] = [], install = ''): PreparedUnit {
  const lines = [
    '[Unit]',
    'StartLimitIntervalSec=0',
    '[Service]',
    `ExecStart=${command}`,
    ...more,
    install,
    '',
  ];
  return { name, file: lines.join('\n') };
}

/** Uses so much CPU as fast as it gets it, in one process, which then sleeps. */
export function burner(cpuMillis: number, name = 'burner.service'): PreparedUnit {
  return service(name, `/opt/lab/burn ${cpuMillis}`);
}

/** gcc over 40 small C files, for ever: nearly all its CPU is that of processes of a few milliseconds. */
export const compileLoop = service('compile.service', '/opt/lab/compile.sh');

/** `/bin/true` and `/bin/ls`, for ever. */
export const storm = service('storm.service', '/opt/lab/storm.sh');

/** Children write `children * mebibytes` MiB to a disk, through children of theirs; then its main process is a `sleep`. */
export function writer(children: number, mebibytes: number): PreparedUnit {
  return service('writer.service', `/opt/lab/write.sh ${children} ${mebibytes}`);
}

/** Uses 20 ms of CPU, fails, and is started again 150 ms later: a new cgroup directory each time. */
export const crashLoop = service('crashing.service', '/opt/lab/burn 20 exit', [
  'Restart=always',
  'RestartSec=150ms',
]);

/** A daemon by double fork, whose workers (20 ms of CPU each) PID 1 reaps. */
export const doubleFork = service('orphans.service', '/opt/lab/orphans /run/orphans.pid 20000 50000', [
  'Type=forking',
  'PIDFile=/run/orphans.pid',
]);

/** Ignores SIGCHLD: the kernel reaps its children (20 ms of CPU each), and nobody gets their counters. */
export const deafParent = service('deaf.service', '/opt/lab/deaf 20000 30000');

/** 200 processes that each use 0.1 ms of CPU every 100 ms, and their parent, which sleeps. */
export const pulses = service('pulses.service', '/opt/lab/pulse 200 100 100000');

/** Its children work (30 ms of CPU each) in the cgroup of `burner()`, which must run, and it reaps them itself. */
export const foreman = service('foreman.service', '/opt/lab/foreman.sh burner.service');

/**
 * With sub-cgroups of its own: `supervisor`, `workers/a`, `workers/b.service` (no unit, whatever its name) and
 * `.hidden`, and systemd's `.control`, in each a process at work or asleep.
 */
export const delegated = service('delegated.service', '/opt/lab/delegated.sh', [
  'Delegate=yes',
  "ExecStartPost=/bin/sh -c 'sleep infinity & exit 0'",
]);

/** The unit that `systemd-escape 'my app/with space'` names. */
export const escapedName = service('my\\x20app-with\\x20space.service', '/bin/sleep infinity');

/** A name like that of a cgroup's own file: its directory is `_cpu.service`. */
export const clashingName = service('cpu.service', '/bin/sleep infinity');

/** A name that starts with `_`: its directory is `__under.service`. */
export const underscoredName = service('_under.service', '/bin/sleep infinity');

/** Its process is another user's, so that its `io` takes privileges to read. */
export const otherUser = service('nobody.service', '/opt/lab/pulse 2 1000 20000', ['User=nobody']);

/** In `/a.slice/a-b.slice`. */
export const nestedSlice = service('nested.service', '/bin/sleep infinity', ['Slice=a-b.slice']);

/** Also goes by `web-alias.service`, a link in the unit folder. */
export const aliased = service(
  'web.service',
  '/bin/sleep infinity',
  [],
  '[Install]\nAlias=web-alias.service',
);

/** Names that processes may give themselves, up to 15 bytes, to break parsers, terminals and tables. */
export const HOSTILE_NAMES: readonly Buffer[] = [
  Buffer.from('\x1b[31mred\x1b]0;x\x07'),
  Buffer.from('two\nlines\r\tx'),
  Buffer.from('x) S 1 (y'),
  Buffer.from('(a b ) ( c d) '),
  Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x80, 0x41]),
  // Four emoji, cut by the kernel in the middle of the last.
  Buffer.from('😀😀😀😀').subarray(0, 15),
  Buffer.from('=1+1,"|a|<b>;\\'),
  Buffer.from(''),
];

/** A process for each of `HOSTILE_NAMES`, and their parent `names`. */
export const hostileNames = service(
  'hostile.service',
  ['/opt/lab/names', ...HOSTILE_NAMES.map((name) => `"${name.toString('hex')}"`)].join(' '),
);

/** Puts the programs that the units run into `/opt/lab`, compiled. To be called once, before units are started. */
export async function installPayload(lab: SystemdLab): Promise<void> {
  const names = readdirSync(PAYLOAD);
  const hash = createHash('sha256');
  for (const name of names) {
    const content = readFileSync(path.join(PAYLOAD, name));
    hash.update(name).update(content);
    await lab.writeFile(`/opt/lab/${name}`, content, 0o755);
  }
  const programs = names.filter((name) => name.endsWith('.c')).map((name) => name.slice(0, -2));
  const kept = path.join(cacheFolder(), `payload-${hash.digest('hex').slice(0, 12)}`);
  if (!existsSync(kept)) {
    await lab.output(['make', '-C', '/opt/lab', '-j2', 'CFLAGS=-O1 -Wall', ...programs]);
    keep(programs, path.join(lab.fileRoot, 'opt/lab'), kept);
    return;
  }
  for (const name of programs)
    await lab.writeFile(`/opt/lab/${name}`, readFileSync(path.join(kept, name)), 0o755);
}

/** Copies files into a new folder, unless another test has created it first. */
function keep(files: readonly string[], from: string, to: string): void {
  const folder = mkdtempSync(`${to}-`);
  for (const file of files) copyFileSync(path.join(from, file), path.join(folder, file));
  try {
    renameSync(folder, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    rmSync(folder, { recursive: true });
  }
}

/** Writes a unit's file, enables it if it asks for that (aliases come so), and starts it. */
export async function startPrepared(lab: SystemdLab, unit: PreparedUnit): Promise<void> {
  await lab.writeUnit(unit.name, unit.file);
  if (unit.file.includes('[Install]')) await lab.systemctl('enable', '--', unit.name);
  await lab.startUnit(unit.name);
}
