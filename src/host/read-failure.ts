/**
 * Reason why a kernel file could not be read. `gone`: the process or cgroup has ended (ENOENT, ESRCH, ENODEV);
 * `denied`: no permission (EACCES, EPERM); `unsupported`: not available in this kernel or mount (EOPNOTSUPP, EINVAL,
 * ENOTDIR, EIO, …); `exhausted`: no descriptor or memory left to open it (EMFILE, ENFILE, ENOMEM); `malformed`: its
 * content could not be parsed.
 */
export const READ_FAILURES = ['gone', 'denied', 'unsupported', 'exhausted', 'malformed'] as const;
export type ReadFailure = (typeof READ_FAILURES)[number];

/** The failure for an error of `node:fs`. */
export function readFailureOf(error: unknown): ReadFailure {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENOENT':
    case 'ESRCH':
    case 'ENODEV':
      return 'gone';
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return 'exhausted';
    default:
      return 'unsupported';
  }
}
