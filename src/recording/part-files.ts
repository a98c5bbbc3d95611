import { closeSync, renameSync, rmSync, statSync } from 'node:fs';
import { openToRead, readOn } from '../host/files/read.ts';
import { FORMAT_NAME } from './chunk.ts';
import { RecordingError } from './recording-error.ts';

/** FILE for age 0, older files: FILE.1, FILE.2, …, oldest last. */
export function partName(path: string, age: number): string {
  return age === 0 ? path : `${path}.${age}`;
}

/**
 * Makes room for a new FILE: an existing recording becomes FILE.1, FILE.1 becomes FILE.2, and so on; the oldest is
 * deleted if there are more than `most` files including the new one. Throws RecordingError if one of them is not a
 * recording, before anything is renamed; otherwise errors of `node:fs`.
 */
export function shiftParts(path: string, most: number): void {
  for (let age = countParts(path, most) - 1; age >= 0; age--) {
    if (age + 1 < most) renameSync(partName(path, age), partName(path, age + 1));
    else rmSync(partName(path, age));
  }
}

/** Number of recordings FILE, FILE.1, …, at most `most`. Throws RecordingError if the file after them is not a recording. */
export function countParts(path: string, most: number): number {
  let count = 0;
  while (count < most && isRecording(partName(path, count))) count++;
  return count;
}

/** False if there is no file, or an empty one. Throws RecordingError if it is not a recording. */
function isRecording(path: string): boolean {
  let size: number;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new RecordingError('it is not a regular file');
    size = stats.size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  if (size === 0) return false;
  const start = Buffer.alloc(FORMAT_NAME.length);
  const descriptor = openToRead(path);
  try {
    readOn(descriptor, start);
  } finally {
    closeSync(descriptor);
  }
  if (start.toString('latin1') === FORMAT_NAME) return true;
  throw new RecordingError('the file exists and is not a recording; it was not changed');
}
