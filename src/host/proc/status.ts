import { readKernelFileOnce, readKernelText } from '../kernel-file.ts';
import { ParseError } from '../parse-error.ts';

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

/**
 * Whether a number is that of a process, and not of one of its other threads: `Tgid` in `/proc/PID/status` is the number
 * itself (proc_pid_status(5)). False where it has ended.
 */
export function isThreadGroup(procRoot: string, pid: number): boolean {
  const status = readKernelText(`${procRoot}/${pid}/status`);
  return typeof status !== 'string' && status.text.includes(`\nTgid:\t${pid}\n`);
}

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

/** Context switches of one thread since it was born. Reused from read to read. */
export class ContextSwitches {
  /** It waited for something. */
  voluntary = 0;
  /** It was made to give way. */
  involuntary = 0;
}

const FILE = '/proc/PID/status';
const VOLUNTARY = Buffer.from('\nvoluntary_ctxt_switches:\t', 'latin1');
const INVOLUNTARY = Buffer.from('\nnonvoluntary_ctxt_switches:\t', 'latin1');
const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;

/**
 * Parses the two last but few lines of the first `length` bytes of `buffer` into `switches`: `/proc/PID/status`
 * (proc_pid_status(5)), which counts those of the main thread alone. Throws ParseError and nothing else.
 */
export function parseContextSwitches(buffer: Buffer, length: number, switches: ContextSwitches): void {
  switches.voluntary = valueAfter(buffer, length, VOLUNTARY, 'voluntary_ctxt_switches');
  switches.involuntary = valueAfter(buffer, length, INVOLUNTARY, 'nonvoluntary_ctxt_switches');
}

function valueAfter(buffer: Buffer, length: number, key: Buffer, field: string): number {
  // From the end: there it stands, and the list of groups before it may be long.
  const found = buffer.subarray(0, length).lastIndexOf(key);
  let at = found + key.length;
  const first = at;
  let value = 0;
  while (found >= 0 && at < length) {
    const byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    value = value * 10 + (byte - ZERO);
    at++;
  }
  if (found < 0 || at === first || at >= length || buffer[at] !== NEWLINE) {
    throw new ParseError(FILE, field, buffer.toString('latin1', Math.max(0, length - 80), length));
  }
  return value;
}
