import { readFileSync } from 'node:fs';
import { isInPath } from '../nested-path.ts';
import { ParseError } from '../parse-error.ts';

/** A mounted file system, as seen by unitledger. */
export interface Mount {
  /**
   * The mounted directory of the file system. For a cgroup tree, as shown in unitledger's cgroup namespace: with `/..`
   * components if it is above the namespace's root.
   */
  readonly root: string;
  readonly mountPoint: string;
  /** `proc`, `cgroup2`, … */
  readonly type: string;
  /** Options of the file system itself: `hidepid=invisible`. */
  readonly options: readonly string[];
}

const FILE = '/proc/PID/mountinfo';
/**
 * ID, parent, device, root, mount point, options, optional fields, a dash, type, source, options of the file system. Only spaces
 * separate fields: a path may contain other white space, such as U+00A0. The source may be empty (`mount -t tmpfs '' DIR`).
 */
const LINE = /^\d+ \d+ \d+:\d+ ([^ ]+) ([^ ]+) [^ ]+(?: [^ ]+)*? - ([^ ]+) [^ ]* ([^ ]+)$/;

/** Parses `/proc/PID/mountinfo` (proc_pid_mountinfo(5)), in the order of the file. Throws ParseError only. */
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

/** unitledger's mounts; empty if they cannot be read. */
export function readMounts(): readonly Mount[] {
  try {
    return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch (error) {
    if (error instanceof ParseError || (error as NodeJS.ErrnoException).code !== undefined) return [];
    throw error;
  }
}

/**
 * The mount that contains `path` (absolute, without links): the deepest one; of several at one mount point, the latest.
 */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    if (isInPath(path, mountPoint) && mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found;
}

/** The kernel escapes spaces, tabs, line breaks and backslashes as octal numbers. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
