import { latin1Text, ParseError } from '../parse-error.ts';

export const DISK_COUNTERS = ['readBytes', 'writeBytes', 'readOperations', 'writeOperations'] as const;
export type DiskCounter = (typeof DISK_COUNTERS)[number];
export type DiskCounters = { readonly [C in DiskCounter]: number };

/** I/O of a cgroup and its descendants to one block device. */
export interface DeviceIo extends DiskCounters {
  /** `MAJOR:MINOR`. */
  readonly device: string;
}

/** One value for each counter of a device. */
export function diskCounters(count: (counter: DiskCounter) => number): DiskCounters {
  return Object.fromEntries(DISK_COUNTERS.map((counter) => [counter, count(counter)])) as DiskCounters;
}

const FILE = 'io.stat';
const DEVICE = /^\d+:\d+$/;
const FIGURE = /^([\w.]+)=(\S*)$/;
const FIELDS = new Map([
  ['rbytes', 'readBytes'],
  ['wbytes', 'writeBytes'],
  ['rios', 'readOperations'],
  ['wios', 'writeOperations'],
] as const);

/**
 * Parses `io.stat` of v2 (cgroup-v2.rst, "IO Interface Files"): one line a device. I/O of a stacked device is listed
 * again for each device below it. Some kernels put a device without values on the line of the next one: it is ignored.
 * Throws ParseError only.
 */
export function parseIoStat(buffer: Uint8Array, length: number): DeviceIo[] {
  const text = latin1Text(buffer, length);
  if (length > 0 && !text.endsWith('\n')) throw new ParseError(FILE, 'last line', text.slice(-80));
  const devices: DeviceIo[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const device = deviceOf(line);
    if (device !== null) devices.push(device);
  }
  return devices;
}

function deviceOf(line: string): DeviceIo | null {
  const words = line.split(' ').filter((word) => word !== '');
  const last = words.findLastIndex((word) => DEVICE.test(word));
  if (last === -1) throw new ParseError(FILE, 'device', line);
  const figures: Record<DiskCounter, number> = { ...diskCounters(() => 0) };
  let known = false;
  for (const word of words.slice(last + 1)) {
    const [, key, value] = FIGURE.exec(word) ?? [];
    if (key === undefined) throw new ParseError(FILE, 'figure', line);
    const field = FIELDS.get(key as 'rbytes');
    if (field === undefined) continue;
    if (!/^\d+$/.test(value!)) throw new ParseError(FILE, key, line);
    figures[field] = Number(value);
    known = true;
  }
  return known ? { device: words[last]!, ...figures } : null;
}
