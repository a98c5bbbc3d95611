import { RunFileError } from './run-file-error.ts';

/** Bytes of a file that come in pieces, up to so many. */
export class CollectedBytes {
  readonly #most: number;
  readonly #tooMany: string;
  #bytes = Buffer.alloc(4096);
  #length = 0;

  /** `tooMany` is what is said of the file where they are more than `most`. */
  constructor(most: number, tooMany: string) {
    this.#most = most;
    this.#tooMany = tooMany;
  }

  /** Throws RunFileError where they are too many. */
  add(bytes: Buffer, from: number, to: number): void {
    const length = this.#length + (to - from);
    if (length > this.#most) throw new RunFileError(this.#tooMany);
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
  }

  clear(): void {
    this.#length = 0;
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  /** The last of them, at most so many. */
  end(most: number): string {
    return this.#bytes.toString('latin1', Math.max(0, this.#length - most), this.#length);
  }
}
