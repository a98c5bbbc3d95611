import { ParseError } from '../parse-error.ts';

/** What a cgroup and all below it did to one block device. */
export interface DeviceIo {
  /** `MAJOR:MINOR`. */
  readonly device: string;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly readOperations: number;
  readonly writeOperations: number;
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
 * `io.stat` of v2 (cgroup-v2.rst, "IO Interface Files"): one line a device. A stacked device's I/O is listed once
 * more for each device that is below it. Some kernels put a device that has no figures on the line of the next: it is
 * left out. Throws ParseError and nothing else.
 */
export function parseIoStat(buffer: Uint8Array, length: number): DeviceIo[] {
  const text = Buffer.from(buffer.subarray(0, length)).toString('latin1');
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
  const figures = { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 };
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
