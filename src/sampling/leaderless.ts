import { readKernelFileOnce } from '../host/kernel-file.ts';
import { ParseError } from '../host/parse-error.ts';
import { parseStatm, type StatmFields } from '../host/proc/statm.ts';
import { otherThreads } from '../host/proc/threads.ts';
import type { ReadFailure } from '../host/read-failure.ts';
import type { TrackedProcess } from './tracked-process.ts';

/**
 * Processes whose leader has exited while other threads run on (`pthread_exit(3)` in `main`). The kernel shows them in
 * state Z. Below `/proc/PID`, files about memory and descriptors are empty then (`statm`, `fd`, `exe`, `cmdline`,
 * `smaps_rollup`); below `/proc/PID/task/TID` of a living thread they are correct. `stat`, `io`, `limits` and the CPU
 * clock are correct for the leader as well.
 */

const buffer = Buffer.alloc(4096);

/** Directory of the files about memory and descriptors: that of the process, or of a living thread. */
export function directoryOf(procRoot: string, { pid, livingThread }: TrackedProcess): string {
  return livingThread === 0 ? `${procRoot}/${pid}` : `${procRoot}/${pid}/task/${livingThread}`;
}

/**
 * Reads `statm` of a thread that has memory, preferably of the thread that was read last. Returns `gone` if no thread
 * has memory: the process is about to end.
 */
export function readLeaderlessStatm(
  procRoot: string,
  row: TrackedProcess,
  statm: StatmFields,
): 'read' | ReadFailure {
  if (row.livingThread !== 0 && hasMemory(procRoot, row, statm)) return 'read';
  for (const thread of otherThreads(procRoot, row.pid)) {
    row.livingThread = thread;
    if (hasMemory(procRoot, row, statm)) return 'read';
  }
  row.livingThread = 0;
  return 'gone';
}

function hasMemory(procRoot: string, row: TrackedProcess, statm: StatmFields): boolean {
  const length = readKernelFileOnce(`${directoryOf(procRoot, row)}/statm`, buffer);
  if (typeof length !== 'number') return false;
  try {
    parseStatm(buffer, length, statm);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return false;
  }
  return !Number.isNaN(statm.residentPages);
}
