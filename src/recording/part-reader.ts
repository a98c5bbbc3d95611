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

/** Reads a recording of any size chunk by chunk. */
class ChunkReader {
  readonly #descriptor: number;
  #buffer = Buffer.alloc(FIRST_BYTES);
  #from = 0;
  #to = 0;
  #isAtEnd = false;

  /** Throws RecordingError if the file is not a recording of a supported version, and errors of `node:fs`. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    const isThere = this.#fill(FIRST_LINE.length);
    const line = this.#buffer.toString('latin1', 0, Math.min(FIRST_LINE.length, this.#to));
    if (this.#to === 0) throw new RecordingError('it is empty');
    if (!isThere || !FIRST_LINES.includes(line))
      throw foreign(this.#buffer.toString('latin1', 0, Math.min(64, this.#to)));
    this.#from = FIRST_LINE.length;
  }

  /** The next chunk; null at the end of the file. Throws RecordingError for an incomplete or invalid chunk. */
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

  /** Reads until `bytes` bytes are in the buffer; false if the file has fewer. */
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

/** Maximum compressed size of all chunks of a block. */
const MOST_COMPRESSED_BYTES = MOST_BLOCK_BYTES;

/** Reads one file of a recording. */
export class PartReader {
  readonly head: RecordingHead;
  /** Data after the last sample, available after all samples were read; null if missing. */
  end: RecordingEnd | null = null;
  /** Reason why the file was not read to its end, the second half of a sentence; null if none. */
  damage: string | null = null;
  readonly #chunks: ChunkReader;

  /** Throws RecordingError if the file is not a recording, and errors of `node:fs`. */
  constructor(descriptor: number) {
    this.#chunks = new ChunkReader(descriptor);
    const first = this.#chunks.next();
    if (first?.kind !== CHUNK.head) throw new RecordingError('it has no head');
    this.head = parseHead(first.payload);
  }

  /** The bytes of each sample. Stops at the first unreadable one; `damage` has the reason. */
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
      // The last block may be incomplete: its beginning can be read all the same.
      const options = { finishFlush: constants.ZSTD_e_flush, maxOutputLength: MOST_BLOCK_BYTES };
      block = zstdDecompressSync(Buffer.concat(parts), options);
    } catch {
      // An error of Zstandard or of the size limit: the checksum was correct, so there is no better description.
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

/** A chunk with a correct checksum. */
interface Chunk {
  readonly kind: number;
  /** Valid until the next chunk. */
  readonly payload: Uint8Array;
}

function foreign(start: string): RecordingError {
  const version = start.startsWith(FORMAT_NAME)
    ? /^[0-9]+(?=\n)/.exec(start.slice(FORMAT_NAME.length))
    : null;
  // Detects the JSON summary, a common mistake, by its first bytes, without parsing.
  if (/^\s*\{\s*"schema"\s*:\s*"unitledger\.run\//.test(start))
    return new RecordingError('it is a run document (--summary json), and no recording (--record)');
  return version === null
    ? new RecordingError('it is not a recording of unitledger')
    : new RecordingError(
        `it is a recording of format ${version[0]}, and this version reads formats 1 to ${FORMAT_VERSION}`,
      );
}
