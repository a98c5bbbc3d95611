import { readFileSync } from 'node:fs';

/**
 * Whether a number is that of a process, and not of one of its other threads: `Tgid` in `/proc/PID/status` is the number
 * itself (proc_pid_status(5)). False where it has ended.
 */
export function isThreadGroup(procRoot: string, pid: number): boolean {
  try {
    return readFileSync(`${procRoot}/${pid}/status`, 'latin1').includes(`\nTgid:\t${pid}\n`);
  } catch {
    // It has ended.
    return false;
  }
}
