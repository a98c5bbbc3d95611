/** A recording that cannot be read as one: bad input. `message` is one printable sentence without the file's name. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}
