import { malformedText } from '../parse-error.ts';

/**
 * The byte counters of `/proc/PID/io` (proc_pid_io(5)), with the names used by samples, ledger, exit records and
 * recordings. Recordings store these five in this order, followed by other columns. A further counter therefore goes
 * last in `ROW_COLUMNS` (`recording/row-columns.ts`), its exit records into a section of their own, and the format
 * gets a new version.
 */
export const IO_COUNTERS = [
  'readBytes',
  'writeBytes',
  'cancelledWriteBytes',
  'readChars',
  'writeChars',
] as const;
export type IoCounter = (typeof IO_COUNTERS)[number];

export type IoBytes = Record<IoCounter, number>;

/** One value for each counter. */
export function byIoCounter<Value>(read: (counter: IoCounter) => Value): Record<IoCounter, Value> {
  return Object.fromEntries(IO_COUNTERS.map((counter) => [counter, read(counter)])) as Record<
    IoCounter,
    Value
  >;
}

/** Index of each counter in columns and rows in the order of `IO_COUNTERS`. */
export const IO_INDEX = Object.fromEntries(
  IO_COUNTERS.map((counter, index) => [counter, index]),
) as Readonly<IoBytes>;

/** Bytes submitted to the block layer. */
export function diskBytesOf({ readBytes, writeBytes }: Readonly<IoBytes>): number {
  return readBytes + writeBytes;
}

/** Bytes through read and write calls. */
export function transferBytesOf({ readChars, writeChars }: Readonly<IoBytes>): number {
  return readChars + writeChars;
}

/** Adds `bytes`, counter by counter: without a loop, because V8 looks up variable names of fields much more slowly. */
export function addIoBytes(to: IoBytes, bytes: Readonly<IoBytes>): void {
  to.readBytes += bytes.readBytes;
  to.writeBytes += bytes.writeBytes;
  to.cancelledWriteBytes += bytes.cancelledWriteBytes;
  to.readChars += bytes.readChars;
  to.writeChars += bytes.writeChars;
}

/** The counters of `/proc/PID/io` in bytes, 0 at first. */
export class IoFields implements IoBytes {
  /** Bytes through read and write calls, page cache and pipes included. */
  readChars = 0;
  writeChars = 0;
  /** Submitted to the block layer, cancelled writes included. */
  readBytes = 0;
  writeBytes = 0;
  /** Counted in `writeBytes` (of the writer), then truncated before reaching the disk. */
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

/**
 * Parses the first `length` bytes of `buffer` into `fields`. The counters of reaped children are included. Throws
 * ParseError only.
 */
export function parseIo(buffer: Uint8Array, length: number, fields: IoFields): void {
  let at = 0;
  for (let line = 0; line < KEYS.length; line++) {
    const key = KEYS[line]!;
    if (!standsAt(buffer, at, length, key)) throw malformedText(buffer, length, FILE, NAMES[line]!);
    at += key.length;
    const first = at;
    let value = 0;
    while (at < length) {
      const byte = buffer[at]!;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
      at++;
    }
    if (at === first || at >= length || buffer[at] !== NEWLINE)
      throw malformedText(buffer, length, FILE, NAMES[line]!);
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
