import { readOn } from '../host/files/read.ts';
import {
  CHUNK,
  CHUNK_HEAD_BYTES,
  checksumOf,
  FIRST_LINE,
  FORMAT_NAME,
  FORMAT_VERSION,
  MOST_CHUNK_BYTES,
} from './chunk.ts';
import { RecordingError } from './recording-error.ts';

/** A chunk whose checksum is right. */
export interface Chunk {
  readonly kind: number;
  /** Good until the next chunk. */
  readonly payload: Uint8Array;
}

const KINDS: readonly number[] = Object.values(CHUNK);
const FIRST_BYTES = 64 * 1024;

/** Reads a recording chunk by chunk, however large the file is. */
export class ChunkReader {
  readonly #descriptor: number;
  #buffer = Buffer.alloc(FIRST_BYTES);
  #from = 0;
  #to = 0;
  #isAtEnd = false;

  /** Throws RecordingError where the file is no recording of this version, and as `node:fs` does. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    const isThere = this.#fill(FIRST_LINE.length);
    const line = this.#buffer.toString('latin1', 0, Math.min(FIRST_LINE.length, this.#to));
    if (this.#to === 0) throw new RecordingError('it is empty');
    if (!isThere || line !== FIRST_LINE)
      throw foreign(this.#buffer.toString('latin1', 0, Math.min(64, this.#to)));
    this.#from = FIRST_LINE.length;
  }

  /**
   * The next chunk; null where the file ends after a whole one. Throws RecordingError where it ends within one, or what
   * comes is none.
   */
  next(): Chunk | null {
    if (!this.#fill(CHUNK_HEAD_BYTES)) {
      if (this.#to === this.#from) return null;
      throw new RecordingError('it ends in the middle of a sample');
    }
    const head = this.#buffer.subarray(this.#from, this.#from + CHUNK_HEAD_BYTES);
    const kind = head[0]!;
    const length = head.readUInt32LE(4);
    if (!KINDS.includes(kind) || length > MOST_CHUNK_BYTES) throw new RecordingError('it is damaged');
    const checksum = head.readUInt32LE(8);
    if (!this.#fill(CHUNK_HEAD_BYTES + length)) throw new RecordingError('it ends in the middle of a sample');
    const start = this.#from + CHUNK_HEAD_BYTES;
    const payload = this.#buffer.subarray(start, start + length);
    if (checksumOf(this.#buffer.subarray(this.#from, start), payload) !== checksum)
      throw new RecordingError('it is damaged');
    this.#from = start + length;
    return { kind, payload };
  }

  /** Has at least so many bytes in the buffer; false where the file has no more. */
  #fill(bytes: number): boolean {
    if (this.#to - this.#from >= bytes) return true;
    if (this.#from > 0) {
      this.#buffer.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    if (this.#buffer.length < bytes) {
      const larger = Buffer.alloc(Math.max(bytes, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#to);
      this.#buffer = larger;
    }
    while (this.#to < bytes && !this.#isAtEnd) {
      const count = readOn(this.#descriptor, this.#buffer, this.#to);
      if (count === 0) this.#isAtEnd = true;
      this.#to += count;
    }
    return this.#to >= bytes;
  }
}

function foreign(start: string): RecordingError {
  const version = start.startsWith(FORMAT_NAME)
    ? /^[0-9]+(?=\n)/.exec(start.slice(FORMAT_NAME.length))
    : null;
  // A summary as JSON is what people confuse it with; it is told by its first bytes, and nothing of it is parsed.
  if (/^\s*\{\s*"schema"\s*:\s*"unitledger\.run\//.test(start))
    return new RecordingError('it is a run document (--summary json), and no recording (--record)');
  return version === null
    ? new RecordingError('it is no recording of unitledger')
    : new RecordingError(
        `it is a recording of format ${version[0]}, and this version reads format ${FORMAT_VERSION}`,
      );
}
