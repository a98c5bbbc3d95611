import { readKernelFileOnce } from '../kernel-file.ts';

/** `/proc/PID/status` is about 1.5 KiB. */
const ROOM_BYTES = 16 * 1024;

/**
 * Whether a process has ended, or has a signal that it did not take yet (`SigPnd` and `ShdPnd` of proc_pid_status(5)).
 * The sender of a signal puts it there before `kill(2)` returns, so the answer does not depend on when the process runs next.
 */
export function hasEndedOrBeenSignalled(pid: number): boolean {
  const buffer = Buffer.alloc(ROOM_BYTES);
  const length = readKernelFileOnce(`/proc/${pid}/status`, buffer);
  if (typeof length !== 'number') return true;
  const status = buffer.toString('latin1', 0, length);
  return /^State:\t[ZX]/m.test(status) || /^(?:SigPnd|ShdPnd):\t0*[1-9a-f]/m.test(status);
}
