import { readKernelFileOnce } from '../kernel-file.ts';

/** Longer command lines are truncated. */
const LONGEST_BYTES = 4096;

const buffer = Buffer.alloc(LONGEST_BYTES);

/**
 * Arguments of a process by its `directory` in `/proc`, from `cmdline` (proc_pid_cmdline(5)), at most 4,096 bytes. Null
 * if there are none: kernel threads, zombies, or unreadable. Hostile text that may contain secrets.
 */
export function readArguments(directory: string): string[] | null {
  const length = readKernelFileOnce(`${directory}/cmdline`, buffer);
  if (typeof length !== 'number' || length === 0) return null;
  const end = buffer[length - 1] === 0 ? length - 1 : length;
  return buffer.toString('utf8', 0, end).split('\0');
}
