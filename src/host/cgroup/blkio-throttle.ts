import { latin1Text, ParseError } from '../parse-error.ts';

/** One value of a v1 cgroup and its descendants for one block device. */
export interface BlkioFigure {
  /** `MAJOR:MINOR`. */
  readonly device: string;
  readonly read: number;
  readonly write: number;
}

const LINE = /^(?:(\d+:\d+) (\w+)|Total) (\d+)$/;

/**
 * Parses v1's `blkio.throttle.io_service_bytes_recursive` or `io_serviced_recursive` (cgroup-v1/blkio-controller.rst):
 * one line for each device and kind of operation. Throws ParseError only.
 */
export function parseBlkio(file: string, buffer: Uint8Array, length: number): BlkioFigure[] {
  const text = latin1Text(buffer, length);
  if (length > 0 && !text.endsWith('\n')) throw new ParseError(file, 'last line', text.slice(-80));
  const devices = new Map<string, { read: number; write: number }>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const match = LINE.exec(line);
    if (match === null) throw new ParseError(file, 'line', line);
    const [, device, operation, value] = match;
    if (device === undefined) continue;
    const figure = devices.get(device) ?? { read: 0, write: 0 };
    devices.set(device, figure);
    if (operation === 'Read') figure.read = Number(value);
    if (operation === 'Write') figure.write = Number(value);
  }
  return [...devices].map(([device, figure]) => ({ device, ...figure }));
}
