import { closeSync, openSync } from 'node:fs';

/** Which limit keeps this program from opening anything now; null if it is none of these. */
export type ExhaustedLimit = 'process' | 'system';

/**
 * Tries to open a descriptor. `process`: this program has as many open as it may (EMFILE, RLIMIT_NOFILE). `system`: all of
 * the machine's are open (ENFILE, `fs.file-max`).
 */
export function exhaustedLimit(): ExhaustedLimit | null {
  try {
    closeSync(openSync('/proc/self/stat', 'r'));
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' ? 'process' : code === 'ENFILE' ? 'system' : null;
  }
}
