import { RunFileError } from '../../comparison/run-file-error.ts';
import { ConfigError } from '../../config/config-error.ts';
import { RecordingError } from '../../recording/recording-error.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';

/**
 * Resolves to the result of `read`. Throws ConfigError, one sentence, if the recording cannot be read or is
 * no recording.
 */
export async function readingFrom<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    throw new ConfigError(
      `${printable(file)} cannot be read: ${why}`,
      { option: 'FILE', value: file, accepted: 'a recording (--record FILE)' },
      error,
    );
  }
}

/** Logs what is missing in a recording. */
export function warnOfMissing(log: Log, file: string, missing: readonly string[]): void {
  for (const sentence of missing) log.warn({}, `${printable(file)} is incomplete: ${sentence}`);
}

/** The reason why a file cannot be read or has the wrong content; null if the error is not the file's. */
export function whyUnreadable(error: unknown): string | null {
  if (error instanceof RunFileError || error instanceof RecordingError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  const why = whyFileFails(error, 'read');
  return why === null ? null : `it ${why}`;
}
