import { readlinkSync } from 'node:fs';

/** Inode of the initial user namespace (`PROC_USER_INIT_INO`, linux/proc_ns.h). */
const INITIAL = 'user:[4026531837]';

/**
 * Whether capabilities of unitledger count for the processes of a `/proc`. They count in unitledger's own user namespace and in
 * those below it (user_namespaces(7)): in a rootless container, not for processes of the host.
 */
export function coversUserNamespace(procRoot: string): boolean {
  const own = namespaceOf('/proc/self');
  if (own === null || own === INITIAL) return true;
  return namespaceOf(`${procRoot}/1`) === own;
}

/** Null if it cannot be read: for a process in a namespace above, or without `/proc`. */
function namespaceOf(directory: string): string | null {
  try {
    return readlinkSync(`${directory}/ns/user`);
  } catch {
    return null;
  }
}
