import { constants, zstdDecompressSync } from 'node:zlib';
import { readOn } from '../host/files/read.ts';
import {
  CHUNK,
  CHUNK_HEAD_BYTES,
  checksumOf,
  FIRST_LINE,
  FIRST_LINES,
  FORMAT_NAME,
  FORMAT_VERSION,
  MOST_BLOCK_BYTES,
  MOST_CHUNK_BYTES,
  MOST_SAMPLE_BYTES,
} from './chunk.ts';
import { parseEnd, parseHead, type RecordingEnd, type RecordingHead } from './head.ts';
import { RecordingError } from './recording-error.ts';
import { LENGTH_BYTES } from './sample-encoder.ts';

const KINDS: readonly number[] = Object.values(CHUNK);

const FIRST_BYTES = 64 * 1024;

/** Reads a recording chunk by chunk, however large the file is. */
class ChunkReader {
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
    if (!isThere || !FIRST_LINES.includes(line))
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

/** A block's chunks together, compressed. */
const MOST_COMPRESSED_BYTES = MOST_BLOCK_BYTES;

/** Reads one file of a recording. */
export class PartReader {
  readonly head: RecordingHead;
  /** What the file says after its last sample, once all of them were read; null: it says nothing. */
  end: RecordingEnd | null = null;
  /** Why it is not read to its end: a sentence's second half. Null while there is no reason. */
  damage: string | null = null;
  readonly #chunks: ChunkReader;

  /** Throws RecordingError where the file is no recording, and as `node:fs` does. */
  constructor(descriptor: number) {
    this.#chunks = new ChunkReader(descriptor);
    const first = this.#chunks.next();
    if (first?.kind !== CHUNK.head) throw new RecordingError('it has no head');
    this.head = parseHead(first.payload);
  }

  /** The bytes of each sample. Where they cannot be read further they end, and `damage` says why. */
  *samples(): Generator<Uint8Array> {
    let parts: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const chunk = this.#nextChunk();
      if (chunk?.kind === CHUNK.more && parts.length > 0) {
        bytes += chunk.payload.length;
        if (bytes > MOST_COMPRESSED_BYTES) {
          this.damage = 'a block in it is larger than the format allows';
          return;
        }
        parts.push(Buffer.from(chunk.payload));
        continue;
      }
      if (parts.length > 0) yield* this.#samplesOf(parts);
      if (chunk === null || this.damage !== null) return;
      if (chunk.kind === CHUNK.end) {
        this.#readEnd(chunk);
        return;
      }
      if (chunk.kind !== CHUNK.block) {
        this.damage = 'it is damaged';
        return;
      }
      parts = [Buffer.from(chunk.payload)];
      bytes = chunk.payload.length;
    }
  }

  #nextChunk(): Chunk | null {
    try {
      return this.#chunks.next();
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.damage = error.message;
      return null;
    }
  }

  #readEnd({ payload }: Chunk): void {
    try {
      this.end = parseEnd(payload);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.damage = error.message;
    }
  }

  *#samplesOf(parts: readonly Buffer[]): Generator<Uint8Array> {
    let block: Buffer;
    try {
      // The last block may not be whole: what there is of it can be read all the same.
      const options = { finishFlush: constants.ZSTD_e_flush, maxOutputLength: MOST_BLOCK_BYTES };
      block = zstdDecompressSync(Buffer.concat(parts), options);
    } catch {
      // Whatever it was, of Zstandard or of its size: there is no more to say of bytes whose checksum is right.
      this.damage ??= 'a block in it cannot be decompressed';
      return;
    }
    for (let at = 0; at + LENGTH_BYTES <= block.length; ) {
      const length = block.readUInt32LE(at);
      const end = at + LENGTH_BYTES + length;
      if (length > MOST_SAMPLE_BYTES) this.damage ??= 'a sample in it is larger than the format allows';
      if (end > block.length || length > MOST_SAMPLE_BYTES) return;
      yield block.subarray(at + LENGTH_BYTES, end);
      at = end;
    }
  }
}

/** A chunk whose checksum is right. */
interface Chunk {
  readonly kind: number;
  /** Good until the next chunk. */
  readonly payload: Uint8Array;
}

function foreign(start: string): RecordingError {
  const version = start.startsWith(FORMAT_NAME)
    ? /^[0-9]+(?=\n)/.exec(start.slice(FORMAT_NAME.length))
    : null;
  // People pass the JSON summary by mistake. Its first bytes identify it; nothing of it is parsed.
  if (/^\s*\{\s*"schema"\s*:\s*"unitledger\.run\//.test(start))
    return new RecordingError('it is a run document (--summary json), and no recording (--record)');
  return version === null
    ? new RecordingError('it is no recording of unitledger')
    : new RecordingError(
        `it is a recording of format ${version[0]}, and this version reads formats 1 to ${FORMAT_VERSION}`,
      );
}
