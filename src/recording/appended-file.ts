import { closeSync, writev } from 'node:fs';

/** More than this may never wait: the disk cannot keep up. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

/** A file that grows at its end, written in the background and in order. */
export class AppendedFile {
  readonly #descriptor: number;
  readonly #fail: (reason: string) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #hasFailed = false;
  #isClosed = false;
  #whenIdle: (() => void) | undefined;
  /** All that was handed over. */
  bytes: number;

  /**
   * `descriptor` is open for writing, with `bytes` in the file already. `fail` is called at most once, with an errno's name
   * or a reason.
   */
  constructor(descriptor: number, bytes: number, fail: (reason: string) => void) {
    this.#descriptor = descriptor;
    this.bytes = bytes;
    this.#fail = fail;
  }

  append(bytes: Uint8Array): void {
    if (this.#hasFailed) return;
    this.bytes += bytes.length;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#stop('the disk does not keep up');
    else this.#write();
  }

  /** Closes it once all is written; `done` is called in any case. */
  close(done: () => void): void {
    this.#whenIdle = () => {
      if (!this.#isClosed) closeSync(this.#descriptor);
      this.#isClosed = true;
      done();
    };
    this.#write();
  }

  #write(): void {
    if (this.#isWriting) return;
    if (this.#waiting.length === 0) {
      this.#whenIdle?.();
      this.#whenIdle = undefined;
      return;
    }
    this.#isWriting = true;
    const buffers = this.#waiting;
    this.#waiting = [];
    writev(this.#descriptor, buffers, null, (error, written) => {
      this.#isWriting = false;
      if (error !== null) this.#stop(error.code ?? error.message);
      else this.#note(buffers, written);
      this.#write();
    });
  }

  /** A write may take a part only: the rest comes first in the next. */
  #note(buffers: readonly Uint8Array[], written: number): void {
    this.#waitingBytes -= written;
    let taken = written;
    const rest: Uint8Array[] = [];
    for (const buffer of buffers) {
      const part = Math.min(taken, buffer.length);
      taken -= part;
      if (part < buffer.length) rest.push(buffer.subarray(part));
    }
    if (!this.#hasFailed) this.#waiting.unshift(...rest);
  }

  #stop(reason: string): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#fail(reason);
  }
}
