import { statSync } from 'node:fs';
import { readAtMost } from './read.ts';

/** Disk access of the configuration. */
export const disk = {
  /** The first bytes of a file, at most `limitBytes`. Throws FileFault and errors of `node:fs`. */
  readFile: (path: string, limitBytes: number): Uint8Array => readAtMost(path, limitBytes),
  isDirectory(path: string): boolean {
    try {
      return statSync(path).isDirectory();
    } catch {
      // Missing, or behind an inaccessible directory: nothing can be written there in either case.
      return false;
    }
  },
};
