import { opendirSync } from 'node:fs';

/** Exited threads other than the leader are not listed, so one of the first few is alive. */
const MOST_LISTED = 8;

/**
 * Thread IDs of a process without its leader (`/proc/PID/task`, proc_pid_task(5)): the first few in the kernel's order;
 * empty if the directory cannot be read.
 */
export function otherThreads(procRoot: string, pid: number): number[] {
  const threads: number[] = [];
  try {
    using directory = opendirSync(`${procRoot}/${pid}/task`);
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const thread = Number(entry.name);
      if (thread !== pid && threads.push(thread) === MOST_LISTED) break;
    }
  } catch {
    // The process has ended; the next read of its `stat` detects that.
  }
  return threads;
}
