import { readKernelFileOnce } from '../kernel-file.ts';

/** User and state of a process. */
export interface OwnerAndState {
  /** Effective user ID, as the reader's user namespace numbers it. */
  readonly uid: number;
  /** One letter of proc_pid_status(5): R running, S sleeping, D waiting for a device, T stopped, Z zombie. */
  readonly state: string;
}

/** `/proc/PID/status` is about 1.5 KiB; both lines are among its first. */
const buffer = Buffer.alloc(1024);

/** Both as `/proc/PID/status` has them now (proc_pid_status(5)); undefined where the process is gone or they are hidden. */
export function readOwnerAndState(procRoot: string, pid: number): OwnerAndState | undefined {
  const length = readKernelFileOnce(`${procRoot}/${pid}/status`, buffer);
  return typeof length === 'number'
    ? parseOwnerAndState(buffer.toString('latin1', 0, Math.min(length, buffer.length)))
    : undefined;
}

/** The same out of the file's beginning. The name in its first line is hostile, but has its line breaks escaped. */
export function parseOwnerAndState(status: string): OwnerAndState | undefined {
  const state = /^State:\t([A-Za-z])/m.exec(status)?.[1];
  const uid = /^Uid:\t\d+\t(\d+)\t/m.exec(status)?.[1];
  return state === undefined || uid === undefined ? undefined : { state, uid: Number(uid) };
}
