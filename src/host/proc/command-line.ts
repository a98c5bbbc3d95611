import { readKernelFileOnce } from '../kernel-file.ts';

/**
 * Longer command lines are truncated: 1 KiB more than is shown, because a secret that is cut in two may not be recognised.
 * Not much more, because the search for secrets takes time for each byte.
 */
const LONGEST_BYTES = 5120;

const buffer = Buffer.alloc(LONGEST_BYTES);

/**
 * Bytes of the arguments of a process by its `directory` in `/proc`, from `cmdline` (proc_pid_cmdline(5)), at most 5 KiB;
 * valid until the next call. Null if there are none: kernel threads, zombies, or unreadable. Empty arguments at the end
 * are left out, since a program that overwrites its arguments by a title pads them with zeros. Hostile text that may
 * contain secrets.
 */
export function readArgumentBytes(directory: string): Buffer | null {
  const length = readKernelFileOnce(`${directory}/cmdline`, buffer);
  if (typeof length !== 'number') return null;
  let end = length;
  while (end > 0 && buffer[end - 1] === 0) end--;
  return end === 0 ? null : buffer.subarray(0, end);
}

/** The arguments in the bytes of `readArgumentBytes`; invalid UTF-8 becomes U+FFFD. */
export function argumentsIn(bytes: Buffer): string[] {
  return bytes.toString('utf8').split('\0');
}
