import { KnownTexts } from '../known-texts.ts';
import { NetlinkAttribute, parseAttribute } from '../netlink/netlink.ts';
import { malformedBytes } from '../parse-error.ts';
import type { IoBytes, IoCounter } from '../proc/io.ts';

/**
 * The kernel's record of a task (a thread) at its exit: the used fields of `struct taskstats`
 * (include/uapi/linux/taskstats.h, Documentation/accounting/taskstats-struct.rst). Reused for every record. PIDs are in
 * the initial PID namespace. Times and bytes cover this thread only.
 */
export class TaskRecord implements IoBytes {
  /** Version of the struct; below `FIRST_VERSION` no other field is set. */
  version = 0;
  pid = 0;
  /** PID of its process. */
  tgid = 0;
  /** PID of the parent at the exit: of the process that adopted it, if its own had ended. */
  ppid = 0;
  /** Whether it was the last thread of its process. */
  isLast = false;
  /**
   * Exit status of the thread, in the format of wait(2): that of the process if the exit of the process ended the
   * thread, else usually 0.
   */
  waitStatus = 0;
  /** `ac_utime + ac_stime`: sampled at scheduler ticks, so an estimate only. */
  cpuMicros = 0;
  /** Peak resident memory of its process so far. */
  peakMemoryBytes = 0;
  readBytes = 0;
  writeBytes = 0;
  cancelledWriteBytes = 0;
  /** Truncated to whole KiB by the kernel. */
  readChars = 0;
  writeChars = 0;
  /** Position of `comm` in the parsed buffer. */
  commStart = 0;
  commEnd = 0;
}

/** From this version on (Linux 5.19) records distinguish processes and threads. */
export const FIRST_VERSION = 12;

/**
 * Offsets of the fields, as `offsetof` prints them for the kernel's header. Only version 15 (Linux 6.14) differs: it
 * added one or two fields after each of its delays, which version 16 reverted.
 */
const VERSION = 0;
const EXIT_CODE = 4;
const FLAG = 8;
const COMM = 80;
const COMM_BYTES = 32;
const PID = 128;
const PPID = 132;
const USER_MICROS = 152;
const SYSTEM_MICROS = 160;
const PEAK_MEMORY_KIB = 200;
const IO_OFFSETS: Readonly<Record<IoCounter, number>> = {
  readChars: 216,
  writeChars: 224,
  readBytes: 248,
  writeBytes: 256,
  cancelledWriteBytes: 264,
};
const TGID = 368;
/** Version 12 ends here. */
const LEAST_BYTES = 400;

const SHIFTED_VERSION = 15;
/** Size of version 14; version 15 has eight or sixteen more fields. */
const BYTES_BEFORE_SHIFT = 432;
const SHIFTING_DELAYS = 8;
const DELAYS_BEFORE_COMM = 3;
const DELAYS_BEFORE_TGID = 6;

/** `ac_flag`: the last thread of its process (include/uapi/linux/acct.h). */
const AGROUP = 0x20;

/** Attributes of the family (`TASKSTATS_TYPE_…`). */
const TYPE_STATS = 3;
const TYPE_AGGREGATE_PID = 4;

const outer = new NetlinkAttribute();
const inner = new NetlinkAttribute();

/**
 * Parses the attributes from `start` to `end` of a TASKSTATS_CMD_NEW message into `record`. Returns false if there is
 * no record of a task. Throws ParseError only.
 */
export function parseTaskRecord(buffer: Buffer, start: number, end: number, record: TaskRecord): boolean {
  for (let at = start; at < end; at = outer.next) {
    parseAttribute(buffer, at, end, outer);
    // Sums of delays for a multi-threaded process (TASKSTATS_TYPE_AGGR_TGID) are not used.
    if (outer.type !== TYPE_AGGREGATE_PID) continue;
    for (let within = outer.start; within < outer.end; within = inner.next) {
      parseAttribute(buffer, within, outer.end, inner);
      if (inner.type !== TYPE_STATS) continue;
      parseTaskstats(buffer, inner.start, inner.end, record);
      return true;
    }
  }
  return false;
}

/** Parses the struct from `start` to `end`. Throws ParseError only. */
export function parseTaskstats(buffer: Buffer, start: number, end: number, record: TaskRecord): void {
  const bytes = end - start;
  if (end > buffer.length || bytes < 2)
    throw malformedBytes(buffer, start, end, 'struct taskstats', 'version');
  const version = buffer.readUInt16LE(start + VERSION);
  record.version = version;
  if (version < FIRST_VERSION) return;
  if (bytes < LEAST_BYTES) throw malformedBytes(buffer, start, end, 'struct taskstats', 'its length');
  let shift = 0;
  if (version === SHIFTED_VERSION) {
    shift = (bytes - BYTES_BEFORE_SHIFT) / SHIFTING_DELAYS;
    if (shift !== 8 && shift !== 16)
      throw malformedBytes(buffer, start, end, 'struct taskstats', 'its length');
  }
  const from = start + shift * DELAYS_BEFORE_COMM;
  record.pid = buffer.readUInt32LE(from + PID);
  record.ppid = buffer.readUInt32LE(from + PPID);
  record.tgid = buffer.readUInt32LE(start + shift * DELAYS_BEFORE_TGID + TGID);
  record.isLast = (buffer[start + FLAG]! & AGROUP) !== 0;
  record.waitStatus = buffer.readUInt32LE(start + EXIT_CODE);
  record.cpuMicros = u64(buffer, from + USER_MICROS) + u64(buffer, from + SYSTEM_MICROS);
  record.peakMemoryBytes = u64(buffer, from + PEAK_MEMORY_KIB) * 1024;
  record.readChars = u64(buffer, from + IO_OFFSETS.readChars);
  record.writeChars = u64(buffer, from + IO_OFFSETS.writeChars);
  record.readBytes = u64(buffer, from + IO_OFFSETS.readBytes);
  record.writeBytes = u64(buffer, from + IO_OFFSETS.writeBytes);
  record.cancelledWriteBytes = u64(buffer, from + IO_OFFSETS.cancelledWriteBytes);
  record.commStart = from + COMM;
  record.commEnd = record.commStart;
  const last = record.commStart + COMM_BYTES;
  while (record.commEnd < last && buffer[record.commEnd] !== 0) record.commEnd++;
}

/** The task's `comm` in the parsed buffer: UTF-8; invalid bytes become U+FFFD. Hostile text. */
export function commOfRecord(buffer: Buffer, { commStart, commEnd }: TaskRecord): string {
  return comms.textOf(buffer, commStart, commEnd);
}

/** Thousands of processes have one of few names. */
const comms = new KnownTexts();

function u64(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at + 4) * 2 ** 32 + buffer.readUInt32LE(at);
}
