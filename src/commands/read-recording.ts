import { ConfigError } from '../config/config-error.ts';
import { RecordingError } from '../recording/recording-error.ts';
import { printable } from '../text/printable.ts';

/**
 * What `read` resolves to. Where the recording cannot be read, or is none, that is bad input: throws ConfigError, one
 * sentence.
 */
export async function readingFrom<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    throw new ConfigError(
      `${printable(file)} cannot be replayed: ${why}`,
      { option: 'FILE', value: file, accepted: 'a recording (--record FILE)' },
      error,
    );
  }
}

/** Null for what is no fault of the file's. */
function whyUnreadable(error: unknown): string | null {
  if (error instanceof RecordingError) return error.message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  return `it cannot be read (${code})`;
}
