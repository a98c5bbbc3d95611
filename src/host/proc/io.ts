import { ParseError } from '../parse-error.ts';

/** `/proc/PID/io` (proc_pid_io(5)), in bytes and calls. Reused from read to read. Reaped children are included. */
export class IoFields {
  /** Read by calls, the page cache and pipes included. */
  readChars = 0;
  writeChars = 0;
  /** Submitted to the block layer, cancelled writes included. */
  readBytes = 0;
  writeBytes = 0;
  /** Counted in `writeBytes` (of whoever wrote), then truncated away before it reached the disk. */
  cancelledWriteBytes = 0;
}

const FILE = '/proc/PID/io';
const NAMES = [
  'rchar',
  'wchar',
  'syscr',
  'syscw',
  'read_bytes',
  'write_bytes',
  'cancelled_write_bytes',
] as const;
const KEYS = NAMES.map((name) => Buffer.from(`${name}: `, 'latin1'));
const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;

/** Parses the first `length` bytes of `buffer` into `fields`. Throws ParseError and nothing else. */
export function parseIo(buffer: Uint8Array, length: number, fields: IoFields): void {
  let at = 0;
  for (let line = 0; line < KEYS.length; line++) {
    const key = KEYS[line]!;
    if (!standsAt(buffer, at, length, key)) throw malformed(buffer, length, line);
    at += key.length;
    const first = at;
    let value = 0;
    while (at < length) {
      const byte = buffer[at]!;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
      at++;
    }
    if (at === first || at >= length || buffer[at] !== NEWLINE) throw malformed(buffer, length, line);
    at++;
    if (line === 0) fields.readChars = value;
    else if (line === 1) fields.writeChars = value;
    else if (line === 4) fields.readBytes = value;
    else if (line === 5) fields.writeBytes = value;
    else if (line === 6) fields.cancelledWriteBytes = value;
  }
}

function standsAt(buffer: Uint8Array, at: number, length: number, key: Buffer): boolean {
  if (at + key.length > length) return false;
  for (let i = 0; i < key.length; i++) if (buffer[at + i] !== key[i]) return false;
  return true;
}

function malformed(buffer: Uint8Array, length: number, line: number): ParseError {
  return new ParseError(FILE, NAMES[line]!, Buffer.from(buffer.subarray(0, length)).toString('latin1'));
}
