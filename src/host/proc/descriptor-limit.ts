import { readdirSync, readFileSync } from 'node:fs';

/** How many descriptors this program may hold open: its soft RLIMIT_NOFILE, which Node raises to the hard one. */
export function readDescriptorLimit(): number {
  const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const limit = Number(line?.[1]);
  return Number.isFinite(limit) ? limit : 1024;
}

/** How many descriptors this program has open now. */
export function countOpenDescriptors(): number {
  // One of them is that of the listing itself.
  return readdirSync('/proc/self/fd').length - 1;
}
