import { realpathSync } from 'node:fs';
import { readKernelFileOnce } from '../kernel-file.ts';
import { mountOf, readMounts } from './mountinfo.ts';
import { isProcFileSystem } from './pid-namespace.ts';

/**
 * Whether a `/proc` hides processes from unitledger (proc(5), "hidepid"), checked with PID 1, which always exists: null
 * if it is visible, else the mount option `hidepid=…`, or an empty text without the option.
 */
export function findHiding(procRoot: string): string | null {
  if (!isProcFileSystem(procRoot)) return null;
  const read = readKernelFileOnce(`${procRoot}/1/stat`, Buffer.alloc(64));
  if (read !== 'gone' && read !== 'denied') return null;
  const mount = mountOf(readMounts(), realpathSync(procRoot));
  return mount?.options.find((option) => option.startsWith('hidepid=')) ?? '';
}
