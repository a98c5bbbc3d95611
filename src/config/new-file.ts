import { dirname } from 'node:path';
import { ConfigError, shown } from './config-error.ts';
import type { ConfigDisk } from './disk.ts';
import type { ReadValues } from './given.ts';

/**
 * Checks that the file named by an option can be created or replaced. Throws ConfigError. Other errors occur when the
 * file is opened.
 */
export function checkNewFile(
  option: string,
  file: string | undefined,
  decidedBy: ReadValues | undefined,
  isDirectory: ConfigDisk['isDirectory'],
): void {
  if (file === undefined) return;
  const directory = dirname(file);
  const accepted = 'a file in a directory that exists';
  const what = isDirectory(file)
    ? 'which is a directory'
    : isDirectory(directory)
      ? undefined
      : `since there is no directory "${shown(directory)}"`;
  if (what === undefined) return;
  throw new ConfigError(
    `${decidedBy!.at(-1)!.given.named} must be ${accepted}, not "${shown(file)}", ${what}`,
    {
      option,
      value: file,
      accepted,
    },
  );
}
