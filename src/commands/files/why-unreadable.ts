import { RunFileError } from '../../comparison/run-file-error.ts';
import { RecordingError } from '../../recording/recording-error.ts';
import { whyFileFails } from '../../text/file-fault.ts';

/** The reason why a file cannot be read or has the wrong content; null if the error is not the file's. */
export function whyUnreadable(error: unknown): string | null {
  if (error instanceof RunFileError || error instanceof RecordingError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  const why = whyFileFails(error, 'read');
  return why === null ? null : `it ${why}`;
}
