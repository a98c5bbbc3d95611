import { openKernelFile, readKernelFile } from '../kernel-file.ts';
import { isProcFileSystem } from './pid-namespace.ts';

/** Load averages, tasks that run and tasks that there are, and the newest PID (proc_loadavg(5)). */
const LOADAVG = /^\S+ \S+ \S+ \d+\/([1-9]\d*) ([1-9]\d*)\n$/;
const BUFFER_BYTES = 128;

/** Tells whether any task (process or thread) of the host may have begun or ended. */
export interface TaskTurnover {
  /** Equals the result of the previous call only if none did since. */
  read(): number;
  /**
   * The PID (or thread id) that was last given out, as of the last `read`: numbers are given out in order, from the
   * lowest again once the highest is reached. NaN where it could not be read.
   */
  readonly newestPid: number;
}

/**
 * The turnover by `/proc/loadavg`: while the newest PID and the number of tasks are unchanged, no task began and
 * none was reaped. The newest PID is that of the reader's own PID namespace, so `procRoot` must show that one. Null where
 * it is no file of the kernel's own: what stands in for it (lxcfs) may be as old as some seconds.
 */
export function openTaskTurnover(procRoot: string): TaskTurnover | null {
  const path = `${procRoot}/loadavg`;
  if (!isProcFileSystem(path)) return null;
  const descriptor = openKernelFile(path);
  if (typeof descriptor !== 'number') return null;
  const buffer = Buffer.alloc(BUFFER_BYTES);
  let tasks = '';
  let newest = '';
  let changes = 0;
  return {
    read() {
      const length = readKernelFile(descriptor, buffer);
      const fields = typeof length === 'number' ? LOADAVG.exec(buffer.toString('latin1', 0, length)) : null;
      // What cannot be read may be anything.
      if (fields === null || fields[1] !== tasks || fields[2] !== newest) changes++;
      tasks = fields?.[1] ?? '';
      newest = fields?.[2] ?? '';
      return changes;
    },
    get newestPid() {
      return newest === '' ? Number.NaN : Number(newest);
    },
  };
}
