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
