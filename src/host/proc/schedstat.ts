import { malformedText } from '../parse-error.ts';

const FILE = '/proc/PID/schedstat';
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Nanoseconds for which a thread was runnable and waited for a CPU: the second field of `/proc/PID/schedstat`
 * (sched-stats.rst), which covers the main thread only. NaN for a thread that never ran: a kernel that does not count
 * (`sched_info_on` in linux/sched/stat.h) shows only zeros. Throws ParseError only.
 */
export function parseRunQueueNanos(buffer: Uint8Array, length: number): number {
  let at = 0;
  let hasRun = false;
  while (at < length && buffer[at]! >= ZERO && buffer[at]! <= NINE) hasRun = buffer[at++] !== ZERO || hasRun;
  if (at === 0 || at >= length || buffer[at] !== SPACE)
    throw malformedText(buffer, length, FILE, 'run_delay');
  at++;
  const first = at;
  let nanos = 0;
  while (at < length) {
    const byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    nanos = nanos * 10 + (byte - ZERO);
    at++;
  }
  if (at === first || at >= length || buffer[at] !== SPACE)
    throw malformedText(buffer, length, FILE, 'run_delay');
  return hasRun ? nanos : Number.NaN;
}
