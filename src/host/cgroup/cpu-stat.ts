import { malformedText } from '../parse-error.ts';

/**
 * The used fields of a cgroup's `cpu.stat` (cgroup-v2.rst, "CPU Interface Files"); NaN if the file does not have one.
 * Reused for every read. The first three exist without any controller.
 */
export class CpuStatFields {
  /** CPU of the whole tree since the cgroup's creation, removed descendants included, in microseconds. */
  usageMicros = Number.NaN;
  userMicros = Number.NaN;
  systemMicros = Number.NaN;
  /** Periods in which the bandwidth limit throttled the cgroup: only with the cpu controller. */
  throttledPeriods = Number.NaN;
  throttledMicros = Number.NaN;
}

const FILE = 'cpu.stat';
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;

const NAMES = ['usage_usec', 'user_usec', 'system_usec', 'nr_throttled', 'throttled_usec'] as const;
const KEYS = NAMES.map((name) => Buffer.from(name, 'latin1'));

/**
 * Parses the first `length` bytes of `buffer` into `fields`. Unknown lines are ignored: kernels add some. Throws
 * ParseError only, also if `usage_usec` is missing; `fields` is then invalid.
 */
export function parseCpuStat(buffer: Uint8Array, length: number, fields: CpuStatFields): void {
  fields.usageMicros = Number.NaN;
  fields.userMicros = Number.NaN;
  fields.systemMicros = Number.NaN;
  fields.throttledPeriods = Number.NaN;
  fields.throttledMicros = Number.NaN;
  let at = 0;
  while (at < length) {
    const nameStart = at;
    while (at < length && buffer[at] !== SPACE && buffer[at] !== NEWLINE) at++;
    const nameEnd = at;
    if (at >= length || buffer[at] !== SPACE || nameEnd === nameStart) {
      throw malformedText(buffer, length, FILE, 'name of a line');
    }
    at++;
    const known = fieldNamed(buffer, nameStart, nameEnd);
    if (known < 0) {
      while (at < length && buffer[at] !== NEWLINE) at++;
      if (at >= length) throw malformedText(buffer, length, FILE, 'last line');
      at++;
      continue;
    }
    const first = at;
    let value = 0;
    while (at < length) {
      const byte = buffer[at]!;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
      at++;
    }
    if (at === first || at >= length || buffer[at] !== NEWLINE)
      throw malformedText(buffer, length, FILE, NAMES[known]!);
    at++;
    // By name: a computed property would allocate an object for each number, in thousands of files a second.
    if (known === 0) fields.usageMicros = value;
    else if (known === 1) fields.userMicros = value;
    else if (known === 2) fields.systemMicros = value;
    else if (known === 3) fields.throttledPeriods = value;
    else fields.throttledMicros = value;
  }
  if (Number.isNaN(fields.usageMicros)) throw malformedText(buffer, length, FILE, 'usage_usec');
}

/** Index of the name among `NAMES`; below 0 if it is not one of them. */
function fieldNamed(buffer: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < KEYS.length; i++) if (equals(buffer, start, end, KEYS[i]!)) return i;
  return -1;
}

function equals(buffer: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  if (end - start !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (buffer[start + i] !== key[i]) return false;
  return true;
}
