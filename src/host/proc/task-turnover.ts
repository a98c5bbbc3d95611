import { openKernelFile, readKernelFile } from '../kernel-file.ts';
import { isProcFileSystem } from './pid-namespace.ts';

/** Load averages, running and existing tasks, and the newest PID (proc_loadavg(5)). */
const LOADAVG = /^\S+ \S+ \S+ \d+\/([1-9]\d*) ([1-9]\d*)\n$/;
const BUFFER_BYTES = 128;

/** Tells whether any task (process or thread) of the host may have been created or reaped. */
export interface TaskTurnover {
  /** Equals the result of the previous call only if no task was created or reaped since. */
  read(): number;
  /**
   * The newest PID (or thread ID) at the last `read`: PIDs are assigned in order, starting again with the lowest after
   * the highest. NaN if it could not be read.
   */
  readonly newestPid: number;
}

/**
 * The turnover from `/proc/loadavg`: while the newest PID and the number of tasks are unchanged, no task was created or
 * reaped. The newest PID belongs to the reader's own PID namespace, so `procRoot` must show that one. Null if the file
 * is not the kernel's own: a substitute (lxcfs) may be some seconds old.
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
      // An unreadable value counts as a change.
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
