import { readKernelText } from '../kernel-file.ts';

/**
 * Whether a number is that of a process, and not of one of its other threads: `Tgid` in `/proc/PID/status` is the number
 * itself (proc_pid_status(5)). False where it has ended.
 */
export function isThreadGroup(procRoot: string, pid: number): boolean {
  const status = readKernelText(`${procRoot}/${pid}/status`);
  return typeof status !== 'string' && status.text.includes(`\nTgid:\t${pid}\n`);
}
