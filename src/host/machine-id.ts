import { readFileSync } from 'node:fs';
import { isInitialPidNamespace } from './proc/pid-namespace.ts';

/**
 * The machine ID of the host (machine-id(5)), from the root directory of its PID 1. Null unless `procRoot` shows the
 * host's own PID namespace, because the file in a container belongs to its image. Null also if the file is missing,
 * cannot be read (requires SYS_PTRACE), or has no ID yet (`uninitialized`, or empty in an image).
 */
export function readMachineId(
  procRoot: string,
  isOfHost: (procRoot: string) => boolean | null = isInitialPidNamespace,
): string | null {
  if (isOfHost(procRoot) !== true) return null;
  try {
    const text = readFileSync(`${procRoot}/1/root/etc/machine-id`, 'latin1').trim();
    return /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text) ? text : null;
  } catch {
    // Access to another mount namespace requires SYS_PTRACE; some hosts have no such file.
    return null;
  }
}
