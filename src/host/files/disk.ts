import { statSync } from 'node:fs';
import { readAtMost } from './read.ts';

/** What reading a configuration needs of the disk. */
export const disk = {
  /** The first bytes of a file, at most `limitBytes`. Throws FileFault, and as `node:fs` does. */
  readFile: (path: string, limitBytes: number): Uint8Array => readAtMost(path, limitBytes),
  isDirectory(path: string): boolean {
    try {
      return statSync(path).isDirectory();
    } catch {
      // Missing, or behind a directory that may not be entered: nothing can be written there either way.
      return false;
    }
  },
};
