import { malformedText } from '../parse-error.ts';

/** States of a process as `/proc/PID/stat` shows them, as byte values. */
export const STATE_ZOMBIE = 0x5a; // Z
const STATE_DEAD = 0x58; // X

/**
 * The used fields of `/proc/PID/stat` (proc_pid_stat(5)). Reused for every read. Ticks are those of
 * `sysconf(_SC_CLK_TCK)`.
 */
export class StatFields {
  pid = 0;
  /** One byte: `R`, `S`, `D`, `Z`, … */
  state = 0;
  ppid = 0;
  /** `PF_…` flags of its leader (linux/sched.h). */
  flags = 0;
  minorFaults = 0;
  majorFaults = 0;
  /** Own CPU of all its threads, ended ones included. */
  userTicks = 0;
  systemTicks = 0;
  /** CPU of waited-for children, including the children that these waited for. */
  childrenUserTicks = 0;
  childrenSystemTicks = 0;
  threads = 0;
  /** Since boot; together with the PID it identifies the process if no descriptor is held. */
  startTicks = 0;
  /** Approximate; `statm` is exact. */
  rssPages = 0;
  /** Position of `comm` in the parsed buffer. */
  commStart = 0;
  commEnd = 0;
  /** FNV-1a hash of the bytes of `comm`: a cheap check whether the name changed. */
  commHash = 0;
}

/** `PF_EXITING` (linux/sched.h): the process releases its resources before it becomes a zombie. */
const EXITING = 4;

const FILE = '/proc/PID/stat';
const SPACE = 0x20;
const OPEN = 0x28;
const CLOSE = 0x29;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** Upper bound of the position of the last `)`: the longest `comm` (of kernel workers) has 63 bytes. */
const HEAD_BYTES = 128;

/**
 * Parses the first `length` bytes of `buffer` into `fields`. `comm` may contain anything, also `)` and newlines, so it
 * ends at the last `)`. Throws ParseError only; `fields` is then invalid.
 */
export function parseStat(buffer: Uint8Array, length: number, fields: StatFields): void {
  let at = 0;
  let pid = 0;
  while (at < length) {
    const byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    pid = pid * 10 + byte - ZERO;
    at++;
  }
  if (at === 0 || buffer[at] !== SPACE || buffer[at + 1] !== OPEN || at + 1 >= length)
    throw malformedText(buffer, length, FILE, 'pid');
  fields.pid = pid;
  const commStart = at + 2;
  let close = Math.min(length, commStart + HEAD_BYTES) - 1;
  while (close >= commStart && buffer[close] !== CLOSE) close--;
  if (close < commStart) throw malformedText(buffer, length, FILE, 'comm');
  let hash = 0x811c9dc5;
  for (let i = commStart; i < close; i++) hash = Math.imul(hash ^ buffer[i]!, 0x01000193);
  fields.commStart = commStart;
  fields.commEnd = close;
  fields.commHash = hash;
  const state = buffer[close + 2];
  if (
    close + 3 >= length ||
    buffer[close + 1] !== SPACE ||
    state === undefined ||
    buffer[close + 3] !== SPACE
  ) {
    throw malformedText(buffer, length, FILE, 'state');
  }
  fields.state = state;
  next = close + 4;
  fields.ppid = numberAt(buffer, length, 4);
  passOver(buffer, length, 5, 8);
  fields.flags = numberAt(buffer, length, 9);
  fields.minorFaults = numberAt(buffer, length, 10);
  passOver(buffer, length, 11, 11);
  fields.majorFaults = numberAt(buffer, length, 12);
  passOver(buffer, length, 13, 13);
  fields.userTicks = numberAt(buffer, length, 14);
  fields.systemTicks = numberAt(buffer, length, 15);
  fields.childrenUserTicks = numberAt(buffer, length, 16);
  fields.childrenSystemTicks = numberAt(buffer, length, 17);
  passOver(buffer, length, 18, 19);
  fields.threads = numberAt(buffer, length, 20);
  passOver(buffer, length, 21, 21);
  fields.startTicks = numberAt(buffer, length, 22);
  passOver(buffer, length, 23, 23);
  // Later fields are not used.
  fields.rssPages = numberAt(buffer, length, 24);
}

/** Offset of the next field. */
let next = 0;

function passOver(buffer: Uint8Array, length: number, first: number, last: number): void {
  for (let field = first; field <= last; field++) numberAt(buffer, length, field);
}

/** Parses the number at `next`, and moves `next` behind it and its space. */
function numberAt(buffer: Uint8Array, length: number, field: number): number {
  let at = next;
  const negative = buffer[at] === MINUS;
  if (negative) at++;
  const first = at;
  let value = 0;
  let byte = 0;
  while (at < length) {
    byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    value = value * 10 + byte - ZERO;
    at++;
  }
  // A number at the very end may be truncated: a complete line continues after `rss`.
  if (at === first || at >= length || byte !== SPACE)
    throw malformedText(buffer, length, FILE, `field ${field}`);
  next = at + 1;
  return negative ? -value : value;
}

/** Whether it has ended and waits to be reaped. A leader that ended before its threads is shown as a zombie, too. */
export function hasEnded(stat: StatFields): boolean {
  return hasDeadLeader(stat) && stat.threads <= 1;
}

/**
 * Whether the process was being reaped while its file was read: parent, CPU, waited-for children and threads are then
 * shown as 0. A zombie has a thread.
 */
export function isReaped({ threads }: StatFields): boolean {
  return threads === 0;
}

/** Whether its leader has exited while other threads run: the process continues, although its state is zombie. */
export function isLeaderless(stat: StatFields): boolean {
  return hasDeadLeader(stat) && stat.threads > 1;
}

function hasDeadLeader({ state }: StatFields): boolean {
  return state === STATE_ZOMBIE || state === STATE_DEAD;
}

/**
 * Whether it has ended, or is about to. An exiting process is in no cgroup list any more, but may use CPU for long
 * while its memory is released. A leader may end before its threads do.
 */
export function isEnding(stat: StatFields): boolean {
  return hasEnded(stat) || ((stat.flags & EXITING) !== 0 && stat.threads <= 1);
}

/** The process's `comm` in the buffer that was parsed into `fields`: UTF-8; invalid bytes become U+FFFD. */
export function commOf(buffer: Buffer, fields: StatFields): string {
  return buffer.toString('utf8', fields.commStart, fields.commEnd);
}
