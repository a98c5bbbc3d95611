import { readdirSync, statSync } from 'node:fs';
import { type ReadFailure, readFailureOf } from '../read-failure.ts';
import { isProcFileSystem } from './pid-namespace.ts';

/**
 * Counts the descriptors that processes hold open. Since Linux 6.2 the size of the directory `/proc/PID/fd` is their
 * number (proc.rst, "/proc/<pid>/fd"): one cheap call that needs no privilege. Before, the directory has to be
 * listed, which needs CAP_SYS_PTRACE for other users' processes and costs a little for each descriptor.
 */
export class DescriptorCounter {
  /** A count costs the same however many there are. */
  readonly bySize: boolean;

  constructor(procRoot: string) {
    // A saved tree lies in some other file system, where the size of a directory means something else.
    this.bySize = isProcFileSystem(procRoot) && sizeOf('/proc/self/fd') > 0;
  }

  /** Of a process by its `directory` in `/proc`. */
  count(directory: string): number | ReadFailure {
    const path = `${directory}/fd`;
    try {
      return this.bySize ? statSync(path).size : readdirSync(path).length;
    } catch (error) {
      return readFailureOf(error);
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
