import { existsSync } from 'node:fs';

/**
 * Whether this kernel has `/proc/PID/FILE` at all: some are left out when it is built. One that is missing for another
 * process looks the same as a process that has ended, so it is looked for on this one.
 */
export function kernelGives(file: string): boolean {
  return existsSync(`/proc/self/${file}`);
}
