import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';
import { Place } from '../host/files/place.ts';
import { Draft, writeAll } from '../host/files/write.ts';
import type { RunCommand } from '../ledger/document/run-document.ts';
import { AppendedFile } from './appended-file.ts';
import { CHUNK, chunkHead, FIRST_LINE, MOST_SAMPLE_BYTES } from './chunk.ts';
import { formatEnd, type RecordingEnd, type RecordingHead } from './head.ts';
import { shiftParts } from './part-files.ts';
import type { Progress, RecordedTick } from './recorded-tick.ts';
import { SampleEncoder } from './sample-encoder.ts';

/** A window of 1 MiB: some dozens of samples of hundreds of processes. */
const WINDOW_LOG = 20;

const LEVEL = 3;

/**
 * Samples that are compressed together, in the background: each is handed on as soon as it is, so that the file always
 * holds all but the last. Until it is the block's turn, what it has waits.
 */
class Block {
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

/** After so many samples, or bytes before they are compressed, a block is full: a reader need not go further back. */
const BLOCK_SAMPLES = 120;
const BLOCK_BYTES = 4 * 1024 * 1024;

export interface RecorderOptions {
  readonly path: string;
  /** `part` is counted from what it says. */
  readonly head: RecordingHead;
  /** Permissions of each file; undefined: those of the file before, or 0600. */
  readonly mode?: number | undefined;
  /** A file that has grown to this makes room for another, at the end of its block; 0: it grows on. */
  readonly mostFileBytes: number;
  /** Files that are kept, the one that is written included: FILE, FILE.1, FILE.2, … , the oldest last. */
  readonly mostFiles: number;
  /** Called at most once, when no more can be written: the run goes on without it. */
  readonly fail: (reason: string) => void;
}

/**
 * Records a run. A sample is turned into bytes at once, and compressed and written in the background; what was written
 * is there whatever becomes of this program.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #encoder = new SampleEncoder();
  #part: number;
  #file: AppendedFile;
  /** The block that takes samples is the last; the first is the one whose turn it is. */
  readonly #blocks: Block[] = [];
  #hasFailed = false;
  #isFinished = false;
  #whenDone: (() => void) | undefined;
  #end: RecordingEnd = { kind: 'continued' };

  /**
   * Begins FILE, with its head in it, once what is there is FILE.1. Throws RecordingError, FileFault, or as `node:fs` does;
   * then no file was changed.
   */
  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#part = options.head.part;
    this.#file = this.#openPart();
  }

  /** Takes one tick. Neither blocks nor throws. */
  record(tick: RecordedTick): void {
    if (this.#hasFailed) return;
    let block = this.#blocks.at(-1);
    const isFull = block !== undefined && (block.samples >= BLOCK_SAMPLES || block.rawBytes >= BLOCK_BYTES);
    if (block === undefined || isFull) {
      block?.end();
      block = new Block((reason) => this.#fail(reason));
      this.#blocks.push(block);
      if (this.#blocks.length === 1) this.#begin(block);
    }
    const bytes = this.#encoder.encode(tick, block.samples === 0);
    if (bytes.length > MOST_SAMPLE_BYTES) this.#fail('a sample is larger than the format allows');
    else block.add(bytes);
  }

  /** Resolves when all is written that can be. */
  close(endedUnixMillis: number, progress: Progress, command: RunCommand | null = null): Promise<void> {
    this.#end = { kind: 'ended', endedUnixMillis, progress, command };
    return new Promise((resolve) => {
      this.#whenDone = resolve;
      const block = this.#blocks.at(-1);
      if (block === undefined || this.#hasFailed) this.#finish();
      else block.end();
    });
  }

  #begin(block: Block): void {
    block.begin(
      (bytes) => this.#file.append(bytes),
      () => {
        this.#blocks.shift();
        this.#next();
      },
    );
  }

  /** Goes on after a block: with the next one, in another file if this one is full. */
  #next(): void {
    const [block] = this.#blocks;
    if (block === undefined) {
      if (this.#whenDone !== undefined) this.#finish();
      return;
    }
    const { mostFileBytes } = this.#options;
    if (mostFileBytes === 0 || this.#file.bytes < mostFileBytes) {
      this.#begin(block);
      return;
    }
    this.#file.append(chunkOf(CHUNK.end, formatEnd({ kind: 'continued' })));
    this.#file.close(() => {
      this.#part++;
      try {
        this.#file = this.#openPart();
      } catch (error) {
        this.#fail((error as NodeJS.ErrnoException).code ?? String(error));
        return;
      }
      this.#begin(block);
    });
  }

  #finish(): void {
    const done = this.#whenDone!;
    if (this.#isFinished) return;
    this.#isFinished = true;
    if (!this.#hasFailed) this.#file.append(chunkOf(CHUNK.end, formatEnd(this.#end)));
    this.#file.close(() => done());
  }

  #openPart(): AppendedFile {
    const { path, mostFiles, head, mode } = this.#options;
    const start = Buffer.concat([
      Buffer.from(FIRST_LINE),
      chunkOf(CHUNK.head, JSON.stringify({ ...head, part: this.#part })),
    ]);
    const place = new Place(path, false);
    try {
      const draft = new Draft(place, place.stats(), mode);
      try {
        writeAll(draft.descriptor, start);
        shiftParts(place.at(), mostFiles);
        draft.publish();
      } catch (error) {
        draft.discard();
        throw error;
      }
      return new AppendedFile(draft.descriptor, start.length, (reason) => this.#fail(reason));
    } finally {
      place.close();
    }
  }

  #fail(reason: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.fail(reason);
    if (this.#whenDone !== undefined) this.#finish();
  }
}

function chunkOf(kind: number, content: string): Buffer {
  const payload = Buffer.from(content);
  return Buffer.concat([chunkHead(kind, payload), payload]);
}
