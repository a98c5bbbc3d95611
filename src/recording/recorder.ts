import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';
import { Place } from '../host/files/place.ts';
import { Draft, writeAll } from '../host/files/write.ts';
import type { RunCommand } from '../ledger/document/run-document.ts';
import { AppendedFile } from './appended-file.ts';
import { CHUNK, chunkHead, FIRST_LINE, MOST_SAMPLE_BYTES } from './chunk.ts';
import { formatEnd, type RecordingEnd, type RecordingHead } from './head.ts';
import { countParts, shiftParts } from './part-files.ts';
import type { Progress, RecordedTick } from './recorded-tick.ts';
import { SampleEncoder } from './sample-encoder.ts';

/** A window of 1 MiB: some dozens of samples of hundreds of processes. */
const WINDOW_LOG = 20;

const LEVEL = 3;

/**
 * Samples that are compressed together, in the background. Each is passed on as soon as it is compressed, so that the
 * file always has all but the last. Output waits until all earlier blocks are written.
 */
class Block {
  readonly #stream: ZstdCompress;
  #append: ((bytes: Uint8Array) => void) | undefined;
  #waiting: Uint8Array[] = [];
  #kind: number = CHUNK.block;
  #isOver = false;
  #whenOver: (() => void) | undefined;
  /** Number of samples, and their uncompressed size. */
  samples = 0;
  rawBytes = 0;

  /** `fail` is called if compression fails. */
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

  /** Adds the bytes of a sample. */
  add(sample: Uint8Array): void {
    this.samples++;
    this.rawBytes += sample.length;
    this.#stream.write(sample);
    this.#stream.flush(constants.ZSTD_e_flush);
  }

  /** Ends the block. */
  end(): void {
    this.#stream.end();
  }

  /** All earlier blocks are written: `append` receives the chunks of this one, and `over` is called after the last. */
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

/** A block is full after this many samples or uncompressed bytes, which limits how far back a reader must start. */
const BLOCK_SAMPLES = 120;
const BLOCK_BYTES = 4 * 1024 * 1024;

export interface RecorderOptions {
  readonly path: string;
  /** `part` of the header is the first number. */
  readonly head: RecordingHead;
  /** Mode of each file; undefined: that of the file it replaces, or 0600. */
  readonly mode?: number | undefined;
  /** A file of this size is followed by another one at the end of its block; 0: no limit. */
  readonly mostFileBytes: number;
  /** Number of files that are kept, the current one included: FILE, FILE.1, FILE.2, …, oldest last. */
  readonly mostFiles: number;
  /** Called at most once, if the recording cannot be continued: the run goes on without it. */
  readonly fail: (reason: string) => void;
}

/**
 * Records a run. A sample is converted to bytes immediately, then compressed and written in the background; written
 * data survives a crash of unitledger.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #encoder = new SampleEncoder();
  #part: number;
  /** Undefined before `open`. */
  #file: AppendedFile | undefined;
  /** Samples go to the last block; output comes from the first one. */
  readonly #blocks: Block[] = [];
  #hasFailed = false;
  #isFinished = false;
  #whenDone: (() => void) | undefined;
  #end: RecordingEnd = { kind: 'continued' };

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#part = options.head.part;
  }

  /** Throws like `open` if FILE cannot be created now, and changes no file. */
  check(): void {
    this.#withDraft((place, draft) => {
      countParts(place.at(), this.#options.mostFiles);
      draft.discard();
    });
  }

  /**
   * Creates FILE with its header, after an existing one was renamed to FILE.1, and writes what was recorded so far. Throws
   * RecordingError, FileFault and errors of `node:fs`; then no file was changed.
   */
  open(): this {
    this.#file = this.#openPart();
    const [first] = this.#blocks;
    if (first !== undefined) this.#begin(first);
    return this;
  }

  /** Records one tick; before `open`, in memory. Neither blocks nor throws. */
  record(tick: RecordedTick): void {
    if (this.#hasFailed) return;
    let block = this.#blocks.at(-1);
    const isFull = block !== undefined && (block.samples >= BLOCK_SAMPLES || block.rawBytes >= BLOCK_BYTES);
    if (block === undefined || isFull) {
      block?.end();
      block = new Block((reason) => this.#fail(reason));
      this.#blocks.push(block);
      if (this.#blocks.length === 1 && this.#file !== undefined) this.#begin(block);
    }
    const bytes = this.#encoder.encode(tick, block.samples === 0);
    if (bytes.length > MOST_SAMPLE_BYTES) this.#fail('a sample is larger than the format allows');
    else block.add(bytes);
  }

  /** Resolves when everything that can be written is written. */
  close(endedUnixMillis: number, progress: Progress, command: RunCommand | null = null): Promise<void> {
    this.#end = { kind: 'ended', endedUnixMillis, progress, command };
    if (this.#file === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenDone = resolve;
      const block = this.#blocks.at(-1);
      if (block === undefined || this.#hasFailed) this.#finish();
      else block.end();
    });
  }

  #begin(block: Block): void {
    block.begin(
      (bytes) => this.#file!.append(bytes),
      () => {
        this.#blocks.shift();
        this.#next();
      },
    );
  }

  /** Continues after a block: with the next one, in a new file if the current one is full. */
  #next(): void {
    const [block] = this.#blocks;
    if (block === undefined) {
      if (this.#whenDone !== undefined) this.#finish();
      return;
    }
    const { mostFileBytes } = this.#options;
    if (mostFileBytes === 0 || this.#file!.bytes < mostFileBytes) {
      this.#begin(block);
      return;
    }
    this.#file!.append(chunkOf(CHUNK.end, formatEnd({ kind: 'continued' })));
    this.#file!.close(() => {
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
    if (!this.#hasFailed) this.#file!.append(chunkOf(CHUNK.end, formatEnd(this.#end)));
    this.#file!.close(() => done());
  }

  #openPart(): AppendedFile {
    return this.#withDraft((place, draft, bytes) => {
      shiftParts(place.at(), this.#options.mostFiles);
      draft.publish();
      return new AppendedFile(draft.descriptor, bytes, (reason) => this.#fail(reason));
    });
  }

  /** `use` gets a draft of the next file, with its header; if it throws, the draft is removed. */
  #withDraft<T>(use: (place: Place, draft: Draft, bytes: number) => T): T {
    const { path, head, mode } = this.#options;
    const start = Buffer.concat([
      Buffer.from(FIRST_LINE),
      chunkOf(CHUNK.head, JSON.stringify({ ...head, part: this.#part })),
    ]);
    const place = new Place(path, false);
    try {
      const draft = new Draft(place, place.stats(), mode);
      try {
        writeAll(draft.descriptor, start);
        return use(place, draft, start.length);
      } catch (error) {
        draft.discard();
        throw error;
      }
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
