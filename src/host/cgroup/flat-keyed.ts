import { latin1Text, ParseError } from '../parse-error.ts';

const LINE = /^(\S+) (\d+)$/;

/**
 * Lines of a name and a whole number, as most files with several figures of a cgroup have them (cgroup-v2.rst, "Flat
 * keyed"; v1's are written alike). `names` says which line makes which field; null where the file does not have it.
 * Other lines are passed over: kernels add some. Throws ParseError and nothing else.
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
