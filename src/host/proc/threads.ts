import { opendirSync } from 'node:fs';

/** A thread that has exited is not listed, unless it is the leader: the first few hold one that lives. */
const MOST_LISTED = 8;

/**
 * IDs of threads of a process without its leader (`/proc/PID/task`, proc_pid_task(5)): the first few in the order of the
 * kernel; none where the directory cannot be read.
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
    // The process has ended, as the next reading of its `stat` finds.
  }
  return threads;
}
