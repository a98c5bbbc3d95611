import { ParseError } from '../parse-error.ts';

/** Context switches of one thread since it was born. Reused from read to read. */
export class ContextSwitches {
  /** It waited for something. */
  voluntary = 0;
  /** It was made to give way. */
  involuntary = 0;
}

const FILE = '/proc/PID/status';
const VOLUNTARY = Buffer.from('\nvoluntary_ctxt_switches:\t', 'latin1');
const INVOLUNTARY = Buffer.from('\nnonvoluntary_ctxt_switches:\t', 'latin1');
const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;

/**
 * Parses the two last but few lines of the first `length` bytes of `buffer` into `switches`: `/proc/PID/status`
 * (proc_pid_status(5)), which counts those of the main thread alone. Throws ParseError and nothing else.
 */
export function parseContextSwitches(buffer: Buffer, length: number, switches: ContextSwitches): void {
  switches.voluntary = valueAfter(buffer, length, VOLUNTARY, 'voluntary_ctxt_switches');
  switches.involuntary = valueAfter(buffer, length, INVOLUNTARY, 'nonvoluntary_ctxt_switches');
}

function valueAfter(buffer: Buffer, length: number, key: Buffer, field: string): number {
  // From the end: there it stands, and the list of groups before it may be long.
  const found = buffer.subarray(0, length).lastIndexOf(key);
  let at = found + key.length;
  const first = at;
  let value = 0;
  while (found >= 0 && at < length) {
    const byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    value = value * 10 + (byte - ZERO);
    at++;
  }
  if (found < 0 || at === first || at >= length || buffer[at] !== NEWLINE) {
    throw new ParseError(FILE, field, buffer.toString('latin1', Math.max(0, length - 80), length));
  }
  return value;
}
