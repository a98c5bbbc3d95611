/** Long enough to make the cost of a write per line small, and small compared to memory. */
const CHUNK_CHARACTERS = 16_384;

/** Joins the parts of a text to chunks of about 16 K characters. Parts are never split. */
export function* chunksOf(parts: Iterable<string>): Generator<string, void, undefined> {
  let chunk = '';
  for (const part of parts) {
    chunk += part;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
