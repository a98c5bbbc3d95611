import { constants, zstdDecompressSync } from 'node:zlib';
import { CHUNK, MOST_BLOCK_BYTES, MOST_SAMPLE_BYTES } from './chunk.ts';
import { type Chunk, ChunkReader } from './chunk-reader.ts';
import { parseEnd, parseHead, type RecordingEnd, type RecordingHead } from './head.ts';
import { RecordingError } from './recording-error.ts';
import { LENGTH_BYTES } from './sample-encoder.ts';

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
