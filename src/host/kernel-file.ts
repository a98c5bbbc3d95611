import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type ReadFailure, readFailureOf } from './read-failure.ts';

/**
 * Kernel files are read synchronously, out of held descriptors, into one reused buffer: a promise per read costs
 * twenty times the read itself, and opening a new descriptor costs twice as much.
 */

/** No FIFO or device that is opened makes this program wait: the user names files and roots. */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK;

/** A descriptor on `path`, or why there is none. The caller closes it with `closeKernelFile`. */
export function openKernelFile(path: string | Buffer): number | ReadFailure {
  try {
    return openSync(path, OPEN_FLAGS);
  } catch (error) {
    return readFailureOf(error);
  }
}

/** The bytes read from `position` on into `buffer` (at most its length), or why there are none. */
export function readKernelFile(descriptor: number, buffer: Buffer, position = 0): number | ReadFailure {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, position);
  } catch (error) {
    return readFailureOf(error);
  }
}

/** Lets go of a descriptor from `openKernelFile`. */
export function closeKernelFile(descriptor: number): void {
  closeSync(descriptor);
}

/** Opens, reads and closes: for files read once or rarely. */
export function readKernelFileOnce(path: string | Buffer, buffer: Buffer): number | ReadFailure {
  const descriptor = openKernelFile(path);
  if (typeof descriptor !== 'number') return descriptor;
  const outcome = readKernelFile(descriptor, buffer);
  closeKernelFile(descriptor);
  return outcome;
}

/** The text of a file of any length up to `mostBytes`, or why there is none; `malformed` if it is longer. */
export function readKernelWhole(path: string, mostBytes: number): { readonly text: string } | ReadFailure {
  const descriptor = openKernelFile(path);
  if (typeof descriptor !== 'number') return descriptor;
  try {
    let buffer = Buffer.alloc(SMALL_BYTES);
    for (let length = 0; ; ) {
      const count = readKernelFile(descriptor, buffer.subarray(length), length);
      if (typeof count !== 'number') return count;
      if (count === 0) return { text: buffer.toString('latin1', 0, length) };
      length += count;
      if (length > mostBytes) return 'malformed';
      if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
    }
  } finally {
    closeKernelFile(descriptor);
  }
}

/** The text of a small file (4 KiB at most are read), or why there is none: for files read once or rarely. */
export function readKernelText(path: string): { readonly text: string } | ReadFailure {
  const buffer = Buffer.alloc(SMALL_BYTES);
  const length = readKernelFileOnce(path, buffer);
  return typeof length === 'number' ? { text: buffer.toString('latin1', 0, length) } : length;
}

const SMALL_BYTES = 4096;
