/** A file that holds no run that can be compared: bad input. `message` is the printable second half of a sentence. */
export class RunFileError extends Error {
  override readonly name = 'RunFileError';
}
