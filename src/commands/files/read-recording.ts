import { ConfigError } from '../../config/config-error.ts';
import { printable } from '../../text/printable.ts';
import { whyUnreadable } from './why-unreadable.ts';

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
