import { ParseError } from '../parse-error.ts';

const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Resident pages of a process: the second field of `/proc/PID/statm` (proc_pid_statm(5)), exact where `stat`'s is
 * an estimate. NaN for what has no memory of its own: kernel threads, zombies, and processes on their way out. Throws ParseError and nothing else.
 */
export function parseResidentPages(buffer: Uint8Array, length: number): number {
  let at = 0;
  let isEmpty = true;
  while (at < length && buffer[at]! >= ZERO && buffer[at]! <= NINE) {
    if (buffer[at] !== ZERO) isEmpty = false;
    at++;
  }
  if (at === 0 || at >= length || buffer[at] !== SPACE) throw malformed(buffer, length);
  at++;
  const first = at;
  let pages = 0;
  while (at < length) {
    const byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    pages = pages * 10 + byte - ZERO;
    at++;
  }
  if (at === first || at >= length || buffer[at] !== SPACE) throw malformed(buffer, length);
  return isEmpty ? Number.NaN : pages;
}

function malformed(buffer: Uint8Array, length: number): ParseError {
  return new ParseError(
    '/proc/PID/statm',
    'resident',
    Buffer.from(buffer.subarray(0, length)).toString('latin1'),
  );
}
