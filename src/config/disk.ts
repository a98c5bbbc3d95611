import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** What `loadConfig` asks of the disk. */
export interface ConfigDisk {
  /** The first bytes of a file, at most `limitBytes`. Throws as `node:fs` does. */
  readonly readFile: (path: string, limitBytes: number) => Uint8Array;
  readonly isDirectory: (path: string) => boolean;
}

/** The real one. Reads no more than it is asked for: `--config /dev/zero` ends too. */
export const disk: ConfigDisk = {
  readFile(path, limitBytes) {
    const descriptor = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(limitBytes);
      let length = 0;
      while (length < limitBytes) {
        const count = readSync(descriptor, buffer, length, limitBytes - length, null);
        if (count === 0) break;
        length += count;
      }
      return buffer.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  },
  isDirectory(path) {
    try {
      return statSync(path).isDirectory();
    } catch {
      // Missing, or behind a directory that may not be entered: nothing can be written there either way.
      return false;
    }
  },
};
