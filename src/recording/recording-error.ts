/** A file is not a valid recording: bad input. `message` is one printable sentence without the file's name. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}
