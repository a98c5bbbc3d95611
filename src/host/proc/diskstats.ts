import { ParseError } from '../parse-error.ts';

const LINE = /^ *(\d+) +(\d+) (\S+) /;

/**
 * Names of the host's block devices by `MAJOR:MINOR`, from `/proc/diskstats` (proc_diskstats(5)). Throws ParseError
 * only.
 */
export function parseDeviceNames(buffer: Uint8Array, length: number): Map<string, string> {
  const text = Buffer.from(buffer.subarray(0, length)).toString('utf8');
  if (length > 0 && !text.endsWith('\n'))
    throw new ParseError('/proc/diskstats', 'last line', text.slice(-80));
  const names = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, major, minor, name] = LINE.exec(line) ?? [];
    if (name === undefined) throw new ParseError('/proc/diskstats', 'device', line);
    names.set(`${major}:${minor}`, name);
  }
  return names;
}
