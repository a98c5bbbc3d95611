import { readFileSync } from 'node:fs';
import { isInPath } from '../nested-path.ts';
import { ParseError } from '../parse-error.ts';

/** A mounted file system, as this program sees it. */
export interface Mount {
  /**
   * Which directory of the file system is mounted. Of a cgroup tree it is given as this program's cgroup namespace
   * shows it: `/..` and more where it lies above the namespace's root.
   */
  readonly root: string;
  readonly mountPoint: string;
  /** `proc`, `cgroup2`, … */
  readonly type: string;
  /** Options of the file system itself: `hidepid=invisible`. */
  readonly options: readonly string[];
}

const FILE = '/proc/PID/mountinfo';
/** ID, parent, device, root, mount point, options, optional fields, a dash, type, source, options of the file system. */
const LINE = /^\d+ \d+ \d+:\d+ (\S+) (\S+) \S+(?: \S+)*? - (\S+) \S+ (\S+)$/;

/** Parses `/proc/PID/mountinfo` (proc_pid_mountinfo(5)), in the order of the file. Throws ParseError and nothing else. */
export function parseMountinfo(text: string): Mount[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new ParseError(FILE, 'last line', text.slice(-80));
  return lines.map((line) => {
    const [, root, mountPoint, type, options] = LINE.exec(line) ?? [];
    if (root === undefined || mountPoint === undefined || type === undefined || options === undefined) {
      throw new ParseError(FILE, 'line', line);
    }
    return {
      root: unescaped(root),
      mountPoint: unescaped(mountPoint),
      type: unescaped(type),
      options: unescaped(options).split(','),
    };
  });
}

/** What this program has mounted; none where that cannot be read. */
export function readMounts(): readonly Mount[] {
  try {
    return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch (error) {
    if (error instanceof ParseError || (error as NodeJS.ErrnoException).code !== undefined) return [];
    throw error;
  }
}

/** The mount that `path` (absolute, without links) lies in: the deepest, and of those at one place the latest. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    if (isInPath(path, mountPoint) && mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found;
}

/** The kernel writes spaces, tabs, line breaks and backslashes as octal numbers. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
