import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type ReadFailure, readFailureOf } from './read-failure.ts';

/**
 * Kernel files are read synchronously, through held descriptors, into one reused buffer: a promise for each read costs
 * twenty times the read itself, and opening a new descriptor costs twice as much as the read.
 */

/** Opening a FIFO or device must not block: the user names files and roots. */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK;

/** Opens `path`, or returns the failure. The caller closes the descriptor with `closeKernelFile`. */
export function openKernelFile(path: string | Buffer): number | ReadFailure {
  try {
    return openSync(path, OPEN_FLAGS);
  } catch (error) {
    return readFailureOf(error);
  }
}

/** Reads from `position` on into `buffer`; returns the number of bytes, or the failure. */
export function readKernelFile(descriptor: number, buffer: Buffer, position = 0): number | ReadFailure {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, position);
  } catch (error) {
    return readFailureOf(error);
  }
}

/** Inode of the file of a descriptor; inodes of removed cgroups are not reused soon. */
export function inodeOf(descriptor: number): number {
  return fstatSync(descriptor).ino;
}

/** Closes a descriptor of `openKernelFile`. */
export function closeKernelFile(descriptor: number): void {
  closeSync(descriptor);
}

/** Opens, reads and closes: for files that are read once or rarely. */
export function readKernelFileOnce(path: string | Buffer, buffer: Buffer): number | ReadFailure {
  const descriptor = openKernelFile(path);
  if (typeof descriptor !== 'number') return descriptor;
  const outcome = readKernelFile(descriptor, buffer);
  closeKernelFile(descriptor);
  return outcome;
}

/** The text of a file of up to `mostBytes`, or the failure; `malformed` if it is longer. */
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

/** The text of a small file (at most 4 KiB are read), or the failure: for files that are read once or rarely. */
export function readKernelText(path: string): { readonly text: string } | ReadFailure {
  const buffer = Buffer.alloc(SMALL_BYTES);
  const length = readKernelFileOnce(path, buffer);
  return typeof length === 'number' ? { text: buffer.toString('latin1', 0, length) } : length;
}

const SMALL_BYTES = 4096;
