import { readdirSync, statSync } from 'node:fs';
import { type ReadFailure, readFailureOf } from '../read-failure.ts';
import { isProcFileSystem } from './pid-namespace.ts';

/**
 * Counts the open descriptors of processes. Since Linux 6.2 the size of the directory `/proc/PID/fd` is their number
 * (proc.rst, "/proc/<pid>/fd"): one cheap call that needs no privilege. On older kernels the directory must be listed,
 * which needs CAP_SYS_PTRACE for other users' processes and costs a little for each descriptor.
 */
export class DescriptorCounter {
  /** Whether a count has constant cost. */
  readonly bySize: boolean;

  constructor(procRoot: string) {
    // In a saved tree, on another file system, the size of a directory has another meaning.
    this.bySize = isProcFileSystem(procRoot) && sizeOf('/proc/self/fd') > 0;
  }

  /** `directory`: of the process in `/proc`. */
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
