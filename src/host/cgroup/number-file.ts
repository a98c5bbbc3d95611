import { malformedText } from '../parse-error.ts';

const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;
const NO_LIMIT = Buffer.from('max\n', 'latin1');
const PREFIX = Buffer.from('nr_descendants ', 'latin1');

/**
 * CPU of a v1 cgroup and its descendants since its creation, in nanoseconds: `cpuacct.usage` (cgroup-v1/cpuacct.rst).
 * Throws ParseError only.
 */
export function parseCpuacctUsage(buffer: Uint8Array, length: number): number {
  return parseLine(buffer, length, 0, 'cpuacct.usage', 'usage');
}

/**
 * Number of live descendants of a cgroup: the first line of `cgroup.stat` (cgroup-v2.rst, "Core Interface Files").
 * Throws ParseError only.
 */
export function parseDescendantCount(buffer: Uint8Array, length: number): number {
  for (let i = 0; i < PREFIX.length; i++) {
    if (i >= length || buffer[i] !== PREFIX[i]) {
      throw malformedText(buffer, length, 'cgroup.stat', 'nr_descendants');
    }
  }
  return parseLine(buffer, length, PREFIX.length, 'cgroup.stat', 'nr_descendants');
}

/**
 * A file with one integer, such as `memory.current` or `pids.current` (cgroup-v2.rst, "single value"). Throws
 * ParseError only.
 */
export function parseSingleValue(file: string, buffer: Uint8Array, length: number): number {
  return parseLine(buffer, length, 0, file, 'value');
}

/** Like `parseSingleValue`, for a limit such as `pids.max`: null for `max` (no limit). */
export function parseLimit(file: string, buffer: Uint8Array, length: number): number | null {
  if (length === NO_LIMIT.length && NO_LIMIT.every((byte, at) => buffer[at] === byte)) return null;
  return parseSingleValue(file, buffer, length);
}

function parseLine(buffer: Uint8Array, length: number, from: number, file: string, field: string): number {
  let at = from;
  let value = 0;
  while (at < length) {
    const byte = buffer[at]!;
    if (byte < ZERO || byte > NINE) break;
    value = value * 10 + byte - ZERO;
    at++;
  }
  if (at === from || at >= length || buffer[at] !== NEWLINE) throw malformedText(buffer, length, file, field);
  return value;
}
