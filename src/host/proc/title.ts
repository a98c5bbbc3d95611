import { scrubText } from '../../text/scrub/scrub-command-line.ts';
import { readKernelFileOnce } from '../kernel-file.ts';

/** Longer titles are truncated. */
const LONGEST_CHARACTERS = 128;

const NUL = 0;
const SLASH = 0x2f;

/**
 * The title that a process has set, such as `postgres: checkpointer` or `nginx: worker process`, from the first
 * `length` bytes of `/proc/PID/cmdline` (proc_pid_cmdline(5), setproctitle(3)). Null if the text looks like regular
 * arguments: several, or one that is a path or has no space in it. Invalid UTF-8 becomes U+FFFD. Secrets in known
 * formats are masked. Hostile text.
 */
export function parseTitle(buffer: Buffer, length: number): string | null {
  // Programs that overwrite their arguments pad with zeros or spaces.
  let end = length;
  while (end > 0 && buffer[end - 1] === NUL) end--;
  const bytes = buffer.subarray(0, end);
  if (end === 0 || bytes[0] === SLASH || bytes.includes(NUL)) return null;
  const title = bytes.toString('utf8').trimEnd();
  if (!/\S\s/u.test(title)) return null;
  // Before truncation: a truncated secret would not be recognised.
  return scrubText(title).slice(0, LONGEST_CHARACTERS).toWellFormed();
}

const buffer = Buffer.alloc(4096);

/**
 * The title of a process by its `directory` in `/proc` (`parseTitle`); null if it has none. Undefined if it is unknown:
 * `cmdline` cannot be read, or is empty, as it is while a process exits and no longer has memory.
 */
export function readTitle(directory: string): string | null | undefined {
  const length = readKernelFileOnce(`${directory}/cmdline`, buffer);
  return typeof length === 'number' && length > 0 ? parseTitle(buffer, length) : undefined;
}
