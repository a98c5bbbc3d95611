import { readdirSync, readFileSync } from 'node:fs';
import { ParseError } from '../parse-error.ts';

const FILE = '/proc/PID/limits';
const LINE = /^Max open files +(\d+|unlimited) /m;

/**
 * How many descriptors a process may hold: the soft limit of the line `Max open files` of `/proc/PID/limits`
 * (proc_pid_limits(5)); Infinity where there is none. Throws ParseError and nothing else.
 */
export function parseDescriptorLimit(buffer: Buffer, length: number): number {
  const text = buffer.toString('latin1', 0, length);
  const limit = LINE.exec(text)?.[1];
  if (limit === undefined) throw new ParseError(FILE, 'Max open files', text);
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

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
