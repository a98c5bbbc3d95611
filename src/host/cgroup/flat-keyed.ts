import { latin1Text, ParseError } from '../parse-error.ts';

const LINE = /^(\S+) (\d+)$/;

/**
 * Parses lines of a name and an integer, the format of most cgroup files with several values (cgroup-v2.rst, "Flat
 * keyed"; v1 files are similar). `names` maps fields to line names; a field is null if its line is missing. Other lines
 * are ignored: kernels add some. Throws ParseError only.
 */
export function parseFlatKeyed<Field extends string>(
  file: string,
  buffer: Uint8Array,
  length: number,
  names: Readonly<Record<Field, string>>,
): Record<Field, number | null> {
  const text = latin1Text(buffer, length);
  if (length > 0 && !text.endsWith('\n')) throw new ParseError(file, 'last line', text.slice(-80));
  const found = new Map<string, number>();
  const wanted = new Set<string>(Object.values(names));
  for (const line of text.split('\n')) {
    const name = line.slice(0, line.indexOf(' '));
    if (!wanted.has(name)) continue;
    const value = LINE.exec(line)?.[2];
    if (value === undefined) throw new ParseError(file, name, line);
    found.set(name, Number(value));
  }
  return Object.fromEntries(
    Object.entries<string>(names).map(([field, name]) => [field, found.get(name) ?? null]),
  ) as Record<Field, number | null>;
}
