import { existsSync } from 'node:fs';

/**
 * Whether this kernel has `/proc/PID/FILE`: some files depend on build options. Checked on unitledger itself, because
 * for another process a missing file looks like a process that has ended.
 */
export function kernelGives(file: string): boolean {
  return existsSync(`/proc/self/${file}`);
}
