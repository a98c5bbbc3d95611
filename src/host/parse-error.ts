import { printable } from '../text/printable.ts';

/** A kernel file that does not read as its documentation says. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  /** The kind of file, as its manual page names it: `/proc/PID/stat`. */
  readonly file: string;
  /** The field that could not be read. */
  readonly field: string;
  /** What stood there, shortened; hostile text. */
  readonly offending: string;

  constructor(file: string, field: string, offending: string) {
    const shown = offending.length > 80 ? `${offending.slice(0, 80)}…` : offending;
    super(`${file}: cannot read ${field} in "${printable(shown)}"`);
    this.file = file;
    this.field = field;
    this.offending = shown;
  }
}

/** The first `length` bytes of a kernel file as text: ASCII, and whatever else processes put into names. */
export function latin1Text(buffer: Uint8Array, length: number): string {
  return Buffer.from(buffer.subarray(0, length)).toString('latin1');
}

/** The error of a text file that was read into `buffer`. */
export function malformedText(buffer: Uint8Array, length: number, file: string, field: string): ParseError {
  return new ParseError(file, field, latin1Text(buffer, length));
}

/** The error of a message between `start` and `end`; its first bytes are shown in hexadecimal. */
export function malformedBytes(
  buffer: Buffer,
  start: number,
  end: number,
  message: string,
  field: string,
): ParseError {
  return new ParseError(message, field, buffer.toString('hex', start, Math.min(end, start + 40)));
}
