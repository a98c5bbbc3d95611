import { malformedText } from '../parse-error.ts';

const FILE = '/proc/PID/statm';
const FIELDS = 'resident, text';
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/** The used fields of `/proc/PID/statm` (proc_pid_statm(5)). Reused for every read. */
export class StatmFields {
  /**
   * Exact, unlike the estimate in `stat`. NaN for processes without memory: kernel threads, zombies, exiting processes.
   */
  residentPages = Number.NaN;
  /** Size of the program's code: a change means that another program is executed. */
  textPages = 0;
}

/** Parses the first `length` bytes of `buffer` into `fields`. Throws ParseError only. */
export function parseStatm(buffer: Uint8Array, length: number, fields: StatmFields): void {
  let at = 0;
  let isEmpty = true;
  while (at < length && buffer[at]! >= ZERO && buffer[at]! <= NINE) {
    if (buffer[at] !== ZERO) isEmpty = false;
    at++;
  }
  if (at === 0 || at >= length || buffer[at] !== SPACE) throw malformedText(buffer, length, FILE, FIELDS);
  at++;
  const first = at;
  let pages = 0;
  while (at < length) {
    const byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    pages = pages * 10 + byte - ZERO;
    at++;
  }
  if (at === first || at >= length || buffer[at] !== SPACE) throw malformedText(buffer, length, FILE, FIELDS);
  fields.residentPages = isEmpty ? Number.NaN : pages;
  at++;
  while (at < length && buffer[at]! !== SPACE) at++;
  at++;
  let text = 0;
  while (at < length && buffer[at]! >= ZERO && buffer[at]! <= NINE) text = text * 10 + buffer[at++]! - ZERO;
  if (at >= length || buffer[at] !== SPACE) throw malformedText(buffer, length, FILE, FIELDS);
  fields.textPages = text;
}
