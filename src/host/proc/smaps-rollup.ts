import { ParseError } from '../parse-error.ts';

const FILE = '/proc/PID/smaps_rollup';
const LINE = /^Pss: +(\d+) kB$/m;

/**
 * Proportional set size of a process in bytes: a page shared by n processes counts as 1/n. `Pss` of
 * `/proc/PID/smaps_rollup` (proc_pid_smaps(5)). Throws ParseError only.
 */
export function parsePssBytes(buffer: Buffer, length: number): number {
  const text = buffer.toString('latin1', 0, length);
  const kibibytes = LINE.exec(text)?.[1];
  if (kibibytes === undefined) throw new ParseError(FILE, 'Pss', text);
  return Number(kibibytes) * 1024;
}
