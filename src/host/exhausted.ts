import { closeSync, openSync } from 'node:fs';

/** The limit that keeps unitledger from opening files now; null if none does. */
export type ExhaustedLimit = 'process' | 'system';

/**
 * Tries to open a descriptor. `process`: unitledger has reached its limit (EMFILE, RLIMIT_NOFILE). `system`: the
 * machine has (ENFILE, `fs.file-max`).
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
