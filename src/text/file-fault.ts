import { getSystemErrorMessage } from 'node:util';

/** A file is rejected although the kernel might open it. The message completes "FILE …": `is a FIFO`. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

/**
 * The reason why a file could not be opened, read or written, in words that complete "FILE …": `cannot be written (no
 * space left on device, ENOSPC)`. Null if it is not a file error.
 */
export function whyFileFails(error: unknown, done: 'read' | 'written'): string | null {
  if (error instanceof FileFault) return error.message;
  const { code, syscall, errno } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  return `cannot be ${done} (${errno === undefined ? '' : `${getSystemErrorMessage(errno)}, `}${code})`;
}
