/** Long enough that writing costs little a line, and short enough to be nothing in memory. */
const CHUNK_CHARACTERS = 16_384;

/** The parts of a text joined to chunks of about 16 K characters. No part is cut. */
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
