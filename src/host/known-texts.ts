/** Power of two. */
const PLACES = 256;

/**
 * Texts of short byte sequences that come again and again. Bytes that are known are compared instead of decoded, and give
 * the same string, whose hash V8 has computed already.
 */
export class KnownTexts {
  /** By hash: the last bytes with that hash, and their text. */
  readonly #bytes: (Uint8Array | undefined)[] = new Array(PLACES).fill(undefined);
  readonly #texts: string[] = new Array(PLACES).fill('');

  /** The bytes from `start` to `end` as UTF-8; invalid bytes become U+FFFD. */
  textOf(buffer: Buffer, start: number, end: number): string {
    let hash = 0;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + buffer[at]!) | 0;
    const place = (hash ^ (hash >>> 8)) & (PLACES - 1);
    const known = this.#bytes[place];
    if (known !== undefined && areBytes(known, buffer, start, end)) return this.#texts[place]!;
    const text = buffer.toString('utf8', start, end);
    this.#bytes[place] = Uint8Array.from(buffer.subarray(start, end));
    this.#texts[place] = text;
    return text;
  }
}

function areBytes(bytes: Uint8Array, buffer: Buffer, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buffer[start + i]) return false;
  return true;
}
