import { printable } from '../text/printable.ts';

/** A kernel file does not have its documented format. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  /** The kind of file, as in its manual page: `/proc/PID/stat`. */
  readonly file: string;
  /** The field that could not be read. */
  readonly field: string;
  /** The offending text, truncated; hostile. */
  readonly offending: string;

  constructor(file: string, field: string, offending: string) {
    const shown = offending.length > 80 ? `${offending.slice(0, 80)}…` : offending;
    super(`${file}: cannot read ${field} in "${printable(shown)}"`);
    this.file = file;
    this.field = field;
    this.offending = shown;
  }
}

/** The first `length` bytes of a kernel file as text: ASCII, except in names chosen by processes. */
export function latin1Text(buffer: Uint8Array, length: number): string {
  return Buffer.from(buffer.subarray(0, length)).toString('latin1');
}

/** The error for a text file in `buffer`. */
export function malformedText(buffer: Uint8Array, length: number, file: string, field: string): ParseError {
  return new ParseError(file, field, latin1Text(buffer, length));
}

/** The error for a message between `start` and `end`, with its first bytes in hexadecimal. */
export function malformedBytes(
  buffer: Buffer,
  start: number,
  end: number,
  message: string,
  field: string,
): ParseError {
  return new ParseError(message, field, buffer.toString('hex', start, Math.min(end, start + 40)));
}
