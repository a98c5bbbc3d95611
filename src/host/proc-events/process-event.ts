import { malformedBytes } from '../parse-error.ts';
import { endOfStatus, type ProcessEnd } from '../wait-status.ts';

/**
 * An event of a process, as reported by the kernel's process event connector. Events of threads other than a process's
 * first one are excluded. PIDs are in the initial PID namespace; `atSeconds` is on the monotonic clock of the run, the
 * scale of `Sample.atSeconds` and `ProcessIdentity.bornAtSeconds`.
 */
export type ProcessEvent = ForkEvent | ExecEvent | CommEvent | ExitEvent;

/** Birth of a process. Its parent is the process that waits for it: with CLONE_PARENT not the process that forked it. */
interface ForkEvent {
  readonly kind: 'fork';
  readonly atSeconds: number;
  readonly pid: number;
  readonly parentPid: number;
}

/**
 * The process executes another program. The event has no name: `comm` is in its exit record, or in `/proc` while it is
 * alive.
 */
interface ExecEvent {
  readonly kind: 'exec';
  readonly atSeconds: number;
  readonly pid: number;
}

/** The process renamed itself (prctl(2) PR_SET_NAME, or its file `comm`). An exec does not cause this event. */
interface CommEvent {
  readonly kind: 'comm';
  readonly atSeconds: number;
  readonly pid: number;
  /** Up to 15 bytes, UTF-8; invalid bytes become U+FFFD. Hostile text. */
  readonly name: string;
}

/**
 * The first thread of the process ended, usually with the whole process; rarely other threads continue. An exit
 * followed by an exec of the same PID without a fork was not the end: another thread executed a program and took over
 * the PID.
 */
interface ExitEvent extends ProcessEnd {
  readonly kind: 'exit';
  readonly atSeconds: number;
  readonly pid: number;
  /** Its parent at that time; 0 if the kernel does not report it. */
  readonly parentPid: number;
}

/** Numbers of the kinds (`enum proc_cn_event`, include/uapi/linux/cn_proc.h). */
export const EVENT_NONE = 0;
export const EVENT_FORK = 1;
export const EVENT_EXEC = 2;
export const EVENT_COMM = 0x200;
export const EVENT_EXIT = 0x8000_0000;

/**
 * Offsets in a message: `struct nlmsghdr` (16 bytes), `struct cn_msg` (20), `struct proc_event`, whose data begins
 * after 16 more. Numbers are in host order, little-endian on all supported machines.
 */
export const WHAT = 36;
const MESSAGE_LENGTH = 0;
const CONNECTOR_INDEX = 16;
const CONNECTOR_VALUE = 20;
const ACKNOWLEDGES = 28;
const NANOS = 44;
export const DATA = 52;
const COMM_START = DATA + 8;
const COMM_BYTES = 16;
/** The longest data (exit, name) takes 24 bytes. */
const EVENT_BYTES = DATA + 24;

/** `CN_IDX_PROC` and `CN_VAL_PROC` (include/uapi/linux/connector.h). */
export const CONNECTOR_ID = { index: 1, value: 1 } as const;

/** One event as numbers. Reused for every event. */
export class ProcessEventRecord {
  /** `EVENT_…`; EVENT_NONE: the answer to a request, or a useless message. */
  kind = EVENT_NONE;
  /** On the kernel's CLOCK_MONOTONIC: since boot without suspends. */
  kernelNanos = 0;
  /** The same on the clock of the run, in whole nanoseconds; set by the source. */
  atSeconds = 0;
  pid = 0;
  /** For fork and exit. */
  parentPid = 0;
  /** For exit: `wait(2)` status. */
  waitStatus = 0;
  /** For an answer: the acknowledged request, and the errno. */
  acknowledges = 0;
  errno = 0;
  /** For a rename: position of `comm` in the parsed buffer. */
  commStart = 0;
  commEnd = 0;
}

/**
 * Parses the message at `at` into `record`, and returns the offset of the next one; the datagram ends at `end`. Throws
 * ParseError only.
 */
export function parseProcessEvent(
  buffer: Buffer,
  at: number,
  end: number,
  record: ProcessEventRecord,
): number {
  if (end > buffer.length || end - at < EVENT_BYTES)
    throw malformedBytes(buffer, at, end, 'process event', 'struct proc_event');
  const bytes = buffer.readUInt32LE(at + MESSAGE_LENGTH);
  if (bytes < EVENT_BYTES || bytes > end - at)
    throw malformedBytes(buffer, at, end, 'process event', 'nlmsg_len');
  const { index, value } = CONNECTOR_ID;
  const isProcess =
    buffer.readUInt32LE(at + CONNECTOR_INDEX) === index &&
    buffer.readUInt32LE(at + CONNECTOR_VALUE) === value;
  record.kind = EVENT_NONE;
  record.acknowledges = 0;
  if (isProcess) parseData(buffer, at, record);
  return Math.min(end, at + ((bytes + 3) & ~3));
}

function parseData(buffer: Buffer, at: number, record: ProcessEventRecord): void {
  const kind = buffer.readUInt32LE(at + WHAT);
  if (kind === EVENT_NONE) {
    record.acknowledges = buffer.readUInt32LE(at + ACKNOWLEDGES);
    record.errno = buffer.readUInt32LE(at + DATA);
    return;
  }
  if (kind !== EVENT_FORK && kind !== EVENT_EXEC && kind !== EVENT_COMM && kind !== EVENT_EXIT) return;
  const isFork = kind === EVENT_FORK;
  const task = isFork ? at + DATA + 8 : at + DATA;
  const pid = buffer.readUInt32LE(task + 4);
  if (buffer.readUInt32LE(task) !== pid) return;
  record.kind = kind;
  record.pid = pid;
  const low = buffer.readUInt32LE(at + NANOS);
  record.kernelNanos = buffer.readUInt32LE(at + NANOS + 4) * 2 ** 32 + low;
  record.parentPid = 0;
  if (isFork) record.parentPid = buffer.readUInt32LE(at + DATA + 4);
  else if (kind === EVENT_EXIT) {
    record.waitStatus = buffer.readUInt32LE(at + DATA + 8);
    record.parentPid = buffer.readUInt32LE(at + DATA + 20);
  } else if (kind === EVENT_COMM) {
    record.commStart = at + COMM_START;
    record.commEnd = record.commStart;
    const last = record.commStart + COMM_BYTES;
    while (record.commEnd < last && buffer[record.commEnd] !== 0) record.commEnd++;
  }
}

/** Creates an event from the record and the parsed buffer. */
export function eventOf(record: ProcessEventRecord, buffer: Buffer): ProcessEvent {
  const { kind, atSeconds, pid, parentPid } = record;
  if (kind === EVENT_FORK) return { kind: 'fork', atSeconds, pid, parentPid };
  if (kind === EVENT_EXEC) return { kind: 'exec', atSeconds, pid };
  if (kind === EVENT_COMM) {
    const name = buffer.toString('utf8', record.commStart, record.commEnd);
    return { kind: 'comm', atSeconds, pid, name };
  }
  const { exitCode, signal } = endOfStatus(record.waitStatus);
  return { kind: 'exit', atSeconds, pid, exitCode, signal, parentPid };
}
