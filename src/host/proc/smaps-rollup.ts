import { ParseError } from '../parse-error.ts';

const FILE = '/proc/PID/smaps_rollup';
const LINE = /^Pss: +(\d+) kB$/m;

/**
 * The proportional set size of a process in bytes, where a page that n processes share counts as a nth: `Pss` of
 * `/proc/PID/smaps_rollup` (proc_pid_smaps(5)). Throws ParseError and nothing else.
 */
export function parsePssBytes(buffer: Buffer, length: number): number {
  const text = buffer.toString('latin1', 0, length);
  const kibibytes = LINE.exec(text)?.[1];
  if (kibibytes === undefined) throw new ParseError(FILE, 'Pss', text);
  return Number(kibibytes) * 1024;
}
