import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { FileFault } from '../../text/file-fault.ts';
import { OPEN_FLAGS } from '../kernel-file.ts';
import { isOwnDescriptor, kindOf } from './kind.ts';
import { withPatience } from './waiting.ts';

/**
 * Opens a regular file named by the user, or a pipe that the shell passes (`<(…)`). FIFOs and devices are refused: they
 * may never end, or never begin. Throws FileFault and errors of `node:fs`. The caller closes it.
 */
export function openToRead(path: string, flags = 0): number {
  check(statSync(path), path);
  const descriptor = openSync(path, OPEN_FLAGS | flags);
  try {
    check(fstatSync(descriptor), path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function check(stats: Stats, path: string): void {
  if (stats.isFile() || (stats.isFIFO() && isOwnDescriptor(path))) return;
  throw new FileFault(stats.isDirectory() ? 'is a directory' : `is ${kindOf(stats)}, not a regular file`);
}

/**
 * Reads the next bytes into `buffer` from `offset` on; returns their number, 0 at the end. Waits for a pipe, at most
 * ten seconds, but not for a file without data (`/proc/kmsg`). Throws errors of `node:fs`.
 */
export function readOn(descriptor: number, buffer: Buffer, offset = 0): number {
  const read = () => readSync(descriptor, buffer, offset, buffer.length - offset, null);
  return fstatSync(descriptor).isFIFO() ? withPatience(read) : read();
}

/** The first bytes of a file named by the user, at most `limitBytes`. Throws FileFault and errors of `node:fs`. */
export function readAtMost(path: string, limitBytes: number, flags = 0): Buffer {
  const descriptor = openToRead(path, flags);
  try {
    const size = fstatSync(descriptor).size;
    // One more byte, so that the first read detects the end.
    let buffer = Buffer.alloc(Math.min(limitBytes, size + 1));
    for (let length = 0; ; ) {
      const count = readOn(descriptor, buffer, length);
      length += count;
      if (count === 0 || length === limitBytes) return buffer.subarray(0, length);
      if (length === buffer.length)
        buffer = Buffer.concat([buffer], Math.min(limitBytes, Math.max(2 * length, 4096)));
    }
  } finally {
    closeSync(descriptor);
  }
}

/** A whole file named by the user. Throws FileFault if it is larger than `limitBytes`, and the errors of `readAtMost`. */
export function readWhole(path: string, limitBytes: number, flags = 0): Buffer {
  const bytes = readAtMost(path, limitBytes + 1, flags);
  if (bytes.length > limitBytes) throw new FileFault(`is larger than ${limitBytes} bytes`);
  return bytes;
}
