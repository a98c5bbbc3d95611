import { closeSync, writev } from 'node:fs';

/** Maximum of unwritten bytes: above it, the disk is too slow. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

/** A file that is appended to in the background, in order. */
export class AppendedFile {
  readonly #descriptor: number;
  readonly #fail: (reason: string) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #hasFailed = false;
  #isClosed = false;
  #whenIdle: (() => void) | undefined;
  /** Total size, including unwritten bytes. */
  bytes: number;

  /**
   * `descriptor` is open for writing; the file already has `bytes` bytes. `fail` is called at most once, with an errno
   * name or a reason.
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

  /** Closes the file after all writes; `done` is called in any case. */
  close(done: () => void): void {
    this.#whenIdle = () => {
      if (!this.#isClosed) this.#closeDescriptor();
      done();
    };
    this.#write();
  }

  /** Errors of earlier writes may be reported only here (close(2)). */
  #closeDescriptor(): void {
    this.#isClosed = true;
    try {
      closeSync(this.#descriptor);
    } catch (error) {
      this.#stop((error as NodeJS.ErrnoException).code ?? String(error));
    }
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

  /** A write may be partial: the remainder comes first in the next one. */
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
