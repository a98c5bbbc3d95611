import { readlinkSync } from 'node:fs';
import { DELETED } from './membership.ts';

/**
 * Base name of the program of a process, by its `directory` in `/proc`: the target of `exe` (proc_pid_exe(5)), without
 * the suffix for a file that was replaced on disk. Undefined if it cannot be read: kernel threads, zombies, other
 * users' processes without CAP_SYS_PTRACE. Hostile text.
 */
export function readExecutableName(directory: string): string | undefined {
  let path: string;
  try {
    path = readlinkSync(`${directory}/exe`);
  } catch {
    // Gone or denied: the caller has `comm`, which needs no privilege.
    return undefined;
  }
  if (path.endsWith(DELETED)) path = path.slice(0, -DELETED.length);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === '' ? undefined : name;
}
