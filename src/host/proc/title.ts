import { scrubText } from '../../text/scrub/scrub-command-line.ts';
import { readKernelFileOnce } from '../kernel-file.ts';

/** No more of a title is kept. */
const LONGEST_CHARACTERS = 128;

const NUL = 0;
const SLASH = 0x2f;

/**
 * The title that a process has given itself, as `postgres: checkpointer` or `nginx: worker process`, out of the
 * first `length` bytes of `/proc/PID/cmdline` (proc_pid_cmdline(5), setproctitle(3)). Undefined where the text
 * is arguments as a program gets them: several, or one that is a path or has no space in it. Any bytes do: what
 * is not UTF-8 becomes U+FFFD. Secrets of known forms are masked. Hostile text.
 */
export function parseTitle(buffer: Buffer, length: number): string | undefined {
  // Programs that overwrite their arguments fill the rest with zeros or spaces.
  let end = length;
  while (end > 0 && buffer[end - 1] === NUL) end--;
  const bytes = buffer.subarray(0, end);
  if (end === 0 || bytes[0] === SLASH || bytes.includes(NUL)) return undefined;
  const title = bytes.toString('utf8').trimEnd();
  if (!/\S\s/u.test(title)) return undefined;
  // Before it is cut: a part of a secret would not be known as one.
  return scrubText(title).slice(0, LONGEST_CHARACTERS).toWellFormed();
}

const buffer = Buffer.alloc(4096);

/** The title of a process by its `directory` in `/proc` (`parseTitle`); undefined where it has none or cannot be read. */
export function readTitle(directory: string): string | undefined {
  const length = readKernelFileOnce(`${directory}/cmdline`, buffer);
  return typeof length === 'number' ? parseTitle(buffer, length) : undefined;
}
