import { readlinkSync, statfsSync } from 'node:fs';

/** `PROC_SUPER_MAGIC` (statfs(2)). */
const PROC_FILE_SYSTEM = 0x9fa0;

/** Whether a real `/proc` is mounted there, and not a tree of saved files. */
export function isProcFileSystem(path: string): boolean {
  try {
    return statfsSync(path).type === PROC_FILE_SYSTEM;
  } catch {
    // What is not there is no such file system.
    return false;
  }
}

/**
 * Whose PIDs a `/proc` shows (pid_namespaces(7)): `own`, those that this program's own system calls and cgroup files
 * have; `other`, those of another PID namespace, usually the host's; `saved`: it is a tree of files.
 */
export function pidNamespaceOf(procRoot: string): 'own' | 'other' | 'saved' {
  try {
    if (readlinkSync(`${procRoot}/self`) === String(process.pid)) return 'own';
  } catch {
    // Missing in a saved tree, and for processes in no namespace below that one.
  }
  return isProcFileSystem(procRoot) ? 'other' : 'saved';
}

/** The number of the namespace that the kernel begins with (`PROC_PID_INIT_INO`, linux/proc_ns.h). */
const INITIAL = 'pid:[4026531836]';

/** Whether a `/proc` is that of the machine's own PID namespace, and not a container's; null where it does not say. */
export function isInitialPidNamespace(procRoot = '/proc'): boolean | null {
  for (const process of ['1', 'self']) {
    try {
      return readlinkSync(`${procRoot}/${process}/ns/pid`) === INITIAL;
    } catch {
      // Reading that of PID 1 takes CAP_SYS_PTRACE; `self` exists for every process of the namespace.
    }
  }
  return null;
}
