import { readlinkSync, statfsSync } from 'node:fs';

/** `PROC_SUPER_MAGIC` (statfs(2)). */
const PROC_FILE_SYSTEM = 0x9fa0;

/** Whether a real `/proc` is mounted there, and not a tree of saved files. */
export function isProcFileSystem(path: string): boolean {
  try {
    return statfsSync(path).type === PROC_FILE_SYSTEM;
  } catch {
    // A missing path is not a `/proc`.
    return false;
  }
}

/**
 * PID namespace that a `/proc` shows (pid_namespaces(7)): `own`, that of unitledger's own system calls and cgroup
 * files; `other`, another one, usually the host's; `saved`: a tree of files.
 */
export function pidNamespaceOf(procRoot: string): 'own' | 'other' | 'saved' {
  try {
    if (readlinkSync(`${procRoot}/self`) === String(process.pid)) return 'own';
  } catch {
    // Missing in a saved tree, and for processes outside of that namespace.
  }
  return isProcFileSystem(procRoot) ? 'other' : 'saved';
}

/** Inode of the initial PID namespace (`PROC_PID_INIT_INO`, linux/proc_ns.h). */
const INITIAL = 'pid:[4026531836]';

/** Whether a `/proc` shows the machine's initial PID namespace, and not a container's; null if unknown. */
export function isInitialPidNamespace(procRoot = '/proc'): boolean | null {
  for (const process of ['1', 'self']) {
    try {
      return readlinkSync(`${procRoot}/${process}/ns/pid`) === INITIAL;
    } catch {
      // Reading it for PID 1 requires CAP_SYS_PTRACE; `self` exists for every process of the namespace.
    }
  }
  return null;
}
