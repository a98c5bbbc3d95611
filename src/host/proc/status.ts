import { readKernelFileOnce, readKernelText, readKernelWhole } from '../kernel-file.ts';
import { ParseError } from '../parse-error.ts';

/** User and state of a process. */
export interface OwnerAndState {
  /** Effective user ID in the reader's user namespace. */
  readonly uid: number;
  /** One letter of proc_pid_status(5): R running, S sleeping, D waiting for a device, T stopped, Z zombie. */
  readonly state: string;
}

/** `/proc/PID/status` is about 1.5 KiB; both lines are near its beginning. */
const buffer = Buffer.alloc(1024);

/** Reads both from `/proc/PID/status` (proc_pid_status(5)); undefined if the process is gone or they are hidden. */
export function readOwnerAndState(procRoot: string, pid: number): OwnerAndState | undefined {
  const length = readKernelFileOnce(`${procRoot}/${pid}/status`, buffer);
  return typeof length === 'number'
    ? parseOwnerAndState(buffer.toString('latin1', 0, Math.min(length, buffer.length)))
    : undefined;
}

/** Parses both from the beginning of the file. The name in its first line is hostile, but its line breaks are escaped. */
export function parseOwnerAndState(status: string): OwnerAndState | undefined {
  const state = /^State:\t([A-Za-z])/m.exec(status)?.[1];
  const uid = /^Uid:\t\d+\t(\d+)\t/m.exec(status)?.[1];
  return state === undefined || uid === undefined ? undefined : { state, uid: Number(uid) };
}

/**
 * The process that an ID belongs to: the ID itself or, for one of the other threads of a process, that of the process
 * (`Tgid` of proc_pid_status(5)). Undefined if there is none, or it is hidden.
 */
export function processOf(procRoot: string, id: number): number | undefined {
  const status = readKernelText(`${procRoot}/${id}/status`);
  const group = typeof status === 'string' ? undefined : /^Tgid:\t(\d+)$/m.exec(status.text)?.[1];
  return group === undefined ? undefined : Number(group);
}

/** `/proc/PID/status` is about 1.5 KiB. */
const ROOM_BYTES = 16 * 1024;

/**
 * Whether a process has ended, or has a pending signal (`SigPnd` and `ShdPnd` of proc_pid_status(5)). A signal is
 * pending before `kill(2)` returns, so the result does not depend on when the process runs next.
 */
export function hasEndedOrBeenSignalled(pid: number): boolean {
  const buffer = Buffer.alloc(ROOM_BYTES);
  const length = readKernelFileOnce(`/proc/${pid}/status`, buffer);
  if (typeof length !== 'number') return true;
  const status = buffer.toString('latin1', 0, length);
  return /^State:\t[ZX]/m.test(status) || /^(?:SigPnd|ShdPnd):\t0*[1-9a-f]/m.test(status);
}

/** The file is nearly as long with 65,536 supplementary groups, the maximum. */
const MOST_STATUS_BYTES = 1024 * 1024;

/** The whole `/proc/ID/status` of a process (proc_pid_status(5)); empty if it cannot be read. */
export function readStatus(id: number | 'self'): string {
  const status = readKernelWhole(`/proc/${id}/status`, MOST_STATUS_BYTES);
  return typeof status === 'string' ? '' : status.text;
}

/**
 * Whether a process is in another process group than this program (`NSpgid` of proc_pid_status(5)); false if it has ended
 * or is hidden.
 */
export function isInOtherGroup(pid: number): boolean {
  const [group, own] = ([pid, 'self'] as const).map((id) => /^NSpgid:.*$/m.exec(readStatus(id))?.[0]);
  return group !== undefined && group !== own;
}

/** Context switches of one thread since its birth. Reused for every read. */
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
 * Parses two lines near the end of the first `length` bytes of `buffer` into `switches`: `/proc/PID/status`
 * (proc_pid_status(5)), which counts switches of the main thread only. Throws ParseError only.
 */
export function parseContextSwitches(buffer: Buffer, length: number, switches: ContextSwitches): void {
  switches.voluntary = valueAfter(buffer, length, VOLUNTARY, 'voluntary_ctxt_switches');
  switches.involuntary = valueAfter(buffer, length, INVOLUNTARY, 'nonvoluntary_ctxt_switches');
}

function valueAfter(buffer: Buffer, length: number, key: Buffer, field: string): number {
  // Searched from the end, because the list of groups before it may be long.
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
