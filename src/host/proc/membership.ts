import { readKernelFileOnce } from '../kernel-file.ts';
import { ParseError } from '../parse-error.ts';

/** Cgroup of a process in one hierarchy. */
interface CgroupPath {
  /** Below the hierarchy's root, as shown in the reader's cgroup namespace, with a leading `/`. */
  readonly path: string;
  /** The cgroup was removed; the process is a zombie, or about to become one. */
  readonly deleted: boolean;
  /** The cgroup is outside of the reader's cgroup namespace: `path` begins with `/..` and does not identify a unit. */
  readonly outside: boolean;
}

/** The cgroups of a process that identify its unit and its CPU; null if there is no such hierarchy. */
export interface Membership {
  /** In the v2 hierarchy. */
  readonly unified: CgroupPath | null;
  /** In the v1 hierarchy `name=systemd`. */
  readonly systemd: CgroupPath | null;
  /** In the v1 hierarchy of the cpuacct controller. */
  readonly cpuacct: CgroupPath | null;
}

const FILE = '/proc/PID/cgroup';
const LINE = /^(\d+):([^:]*):(\/.*)$/s;
/** Suffix of a removed path (also in proc_pid_exe(5)). */
export const DELETED = ' (deleted)';

/**
 * Parses the first `length` bytes of `buffer`: `/proc/PID/cgroup` (cgroups(7)), one hierarchy a line. Names are usually
 * UTF-8; invalid bytes become U+FFFD. A cgroup that is itself named `… (deleted)` looks like a removed one. Throws
 * ParseError only.
 */
export function parseMembership(buffer: Uint8Array, length: number): Membership {
  const text = Buffer.from(buffer.buffer, buffer.byteOffset, length).toString('utf8');
  let unified: CgroupPath | null = null;
  let systemd: CgroupPath | null = null;
  let cpuacct: CgroupPath | null = null;
  // The kernel rejects line breaks in the names of cgroups.
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new ParseError(FILE, 'last line', text);
  for (const line of lines) {
    const [, hierarchy, controllers, path] = LINE.exec(line) ?? [];
    if (path === undefined || controllers === undefined) throw new ParseError(FILE, 'line', line);
    if (hierarchy === '0' && controllers === '') unified = cgroupPath(path);
    else if (controllers === 'name=systemd') systemd = cgroupPath(path);
    else if (controllers.split(',').includes('cpuacct')) cpuacct = cgroupPath(path);
  }
  return { unified, systemd, cpuacct };
}

function cgroupPath(shown: string): CgroupPath {
  const deleted = shown.endsWith(DELETED);
  const path = deleted ? shown.slice(0, -DELETED.length) : shown;
  return { path, deleted, outside: path === '/..' || path.startsWith('/../') };
}

const buffer = Buffer.alloc(65_536);

/** The cgroups of a process; undefined if it is gone, or if they cannot be read. */
export function readMembership(procRoot: string, pid: number | 'self'): Membership | undefined {
  const length = readKernelFileOnce(`${procRoot}/${pid}/cgroup`, buffer);
  if (typeof length !== 'number') return undefined;
  try {
    return parseMembership(buffer, length);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
