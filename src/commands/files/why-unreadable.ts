import { RunFileError } from '../../comparison/run-file-error.ts';
import { RecordingError } from '../../recording/recording-error.ts';

/** Why a file that was named cannot be read, or is not what it should be; null for what is no fault of the file's. */
export function whyUnreadable(error: unknown): string | null {
  if (error instanceof RunFileError || error instanceof RecordingError) return error.message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  return `it cannot be read (${code})`;
}
