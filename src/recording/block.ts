import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';
import { CHUNK, chunkHead } from './chunk.ts';

/** A window of 1 MiB: some dozens of samples of hundreds of processes. */
const WINDOW_LOG = 20;
const LEVEL = 3;

/**
 * Samples that are compressed together, in the background: each is handed on as soon as it is, so that the file always
 * holds all but the last. Until it is the block's turn, what it has waits.
 */
export class Block {
  readonly #stream: ZstdCompress;
  #append: ((bytes: Uint8Array) => void) | undefined;
  #waiting: Uint8Array[] = [];
  #kind: number = CHUNK.block;
  #isOver = false;
  #whenOver: (() => void) | undefined;
  /** Samples, and their bytes before they are compressed. */
  samples = 0;
  rawBytes = 0;

  /** `fail` is called if the compressor gives up. */
  constructor(fail: (reason: string) => void) {
    this.#stream = createZstdCompress({
      params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_windowLog]: WINDOW_LOG },
    });
    this.#stream.on('data', (piece: Buffer) => this.#take(piece));
    this.#stream.on('error', (error) => fail(error.message));
    this.#stream.on('end', () => {
      this.#isOver = true;
      this.#settle();
    });
  }

  /** Takes the bytes of a sample. */
  add(sample: Uint8Array): void {
    this.samples++;
    this.rawBytes += sample.length;
    this.#stream.write(sample);
    this.#stream.flush(constants.ZSTD_e_flush);
  }

  /** Nothing more comes. */
  end(): void {
    this.#stream.end();
  }

  /** It is this block's turn: `append` takes its chunks, and `over` is called after the last of them. */
  begin(append: (bytes: Uint8Array) => void, over: () => void): void {
    this.#append = append;
    this.#whenOver = over;
    for (const bytes of this.#waiting) append(bytes);
    this.#waiting = [];
    this.#settle();
  }

  #take(payload: Buffer): void {
    const bytes = [chunkHead(this.#kind, payload), payload];
    this.#kind = CHUNK.more;
    if (this.#append === undefined) this.#waiting.push(...bytes);
    else for (const each of bytes) this.#append(each);
  }

  #settle(): void {
    if (!this.#isOver || this.#whenOver === undefined) return;
    const over = this.#whenOver;
    this.#whenOver = undefined;
    over();
  }
}
