/**
 * The text of `JSON.stringify(value, null, indent)` in parts that are generated on demand: objects and lists down to
 * `depth` entry by entry, each deeper entry as one part. `value` consists of JSON types, and of objects with `toJSON`,
 * which are one part.
 */
export function jsonParts(value: unknown, depth: number, indent = 0): Generator<string, void, undefined> {
  return partsOf(value, depth, indent, '');
}

function* partsOf(
  value: unknown,
  depth: number,
  indent: number,
  margin: string,
): Generator<string, void, undefined> {
  if (depth === 0 || !isPlain(value)) {
    yield JSON.stringify(value ?? null, null, indent).replaceAll('\n', `\n${margin}`);
    return;
  }
  const isList = Array.isArray(value);
  const inner = margin + ' '.repeat(indent);
  const lineBreak = indent > 0 ? '\n' : '';
  let before = isList ? '[' : '{';
  for (const [key, item] of isList ? value.entries() : Object.entries(value)) {
    if (item === undefined && !isList) continue;
    const name = isList ? '' : `${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}`;
    yield before + lineBreak + inner + name;
    yield* partsOf(item, depth - 1, indent, inner);
    before = ',';
  }
  if (before === ',') yield `${lineBreak}${margin}${isList ? ']' : '}'}`;
  else yield isList ? '[]' : '{}';
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
