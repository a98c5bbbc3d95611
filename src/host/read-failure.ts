/**
 * Why a kernel file could not be read. `gone`: the process or cgroup has ended (ENOENT, ESRCH, ENODEV);
 * `denied`: no permission (EACCES, EPERM); `unsupported`: this kernel or mount does not have it (EOPNOTSUPP, EINVAL,
 * ENOTDIR, EIO, …); `exhausted`: no descriptor or memory was left to open it (EMFILE, ENFILE, ENOMEM);
 * `malformed`: it was read, but not understood.
 */
export const READ_FAILURES = ['gone', 'denied', 'unsupported', 'exhausted', 'malformed'] as const;
export type ReadFailure = (typeof READ_FAILURES)[number];

/** The failure that an error thrown by `node:fs` stands for. */
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
