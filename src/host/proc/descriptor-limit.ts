import { readFileSync } from 'node:fs';

/** How many descriptors this program may hold open: its soft RLIMIT_NOFILE, which Node raises to the hard one. */
export function readDescriptorLimit(): number {
  const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const limit = Number(line?.[1]);
  return Number.isFinite(limit) ? limit : 1024;
}
