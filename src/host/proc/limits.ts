import { readdirSync, readFileSync } from 'node:fs';
import { ParseError } from '../parse-error.ts';

const FILE = '/proc/PID/limits';
const LINE = /^Max open files +(\d+|unlimited) /m;

/**
 * Maximum number of descriptors of a process: the soft limit in the line `Max open files` of `/proc/PID/limits`
 * (proc_pid_limits(5)); Infinity if unlimited. Throws ParseError only.
 */
export function parseDescriptorLimit(buffer: Buffer, length: number): number {
  const text = buffer.toString('latin1', 0, length);
  const limit = LINE.exec(text)?.[1];
  if (limit === undefined) throw new ParseError(FILE, 'Max open files', text);
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Maximum number of descriptors of unitledger: its soft RLIMIT_NOFILE, which Node raises to the hard one. */
export function readDescriptorLimit(): number {
  const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const limit = Number(line?.[1]);
  return Number.isFinite(limit) ? limit : 1024;
}

/** Number of descriptors that unitledger has open. */
export function countOpenDescriptors(): number {
  // One of them belongs to the listing itself.
  return readdirSync('/proc/self/fd').length - 1;
}
