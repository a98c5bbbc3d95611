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
