import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import type { TerminalOutput } from './terminal.ts';

/** Character devices by their number (devices.txt of the kernel): slaves of pseudo-terminals, and consoles. */
const FIRST_PTS_MAJOR = 136;
const LAST_PTS_MAJOR = 143;
const MINORS_PER_PTS_MAJOR = 256;
const CONSOLE_MAJOR = 4;
const CONSOLES = 64;

/**
 * A terminal's output. Node's own streams block until a terminal has accepted everything: one that hangs (a connection
 * that is gone) would stop the sampling. The terminal is therefore opened again for non-blocking writes; if that
 * is impossible, the stream is used.
 */
export class NonBlockingOutput implements TerminalOutput {
  readonly #stream: WriteStream;
  readonly #descriptor: number | undefined;

  /** `fd` is the stream's descriptor. */
  constructor(stream: WriteStream, fd: number) {
    this.#stream = stream;
    this.#descriptor = reopened(fd);
  }

  get columns(): number {
    return this.#stream.columns;
  }

  get rows(): number {
    return this.#stream.rows;
  }

  write(bytes: Uint8Array): number {
    if (this.#descriptor === undefined) {
      this.#stream.write(bytes);
      return bytes.length;
    }
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return written;
  }

  on(event: 'resize', take: () => void): void {
    this.#stream.on(event, take);
  }

  off(event: 'resize', take: () => void): void {
    this.#stream.off(event, take);
  }
}

/** The same terminal, opened for non-blocking writes; undefined if its name is unknown. */
function reopened(fd: number): number | undefined {
  try {
    const { rdev } = fstatSync(fd);
    const name = nameOf(rdev);
    if (name === undefined) return undefined;
    const descriptor = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (fstatSync(descriptor).rdev === rdev) return descriptor;
    closeSync(descriptor);
    return undefined;
  } catch {
    // A terminal of another mount namespace, or of another kind: the stream is used.
    return undefined;
  }
}

function nameOf(rdev: number): string | undefined {
  // makedev(3): 12 bits of the major number, and 8 and 12 bits of the minor.
  const major = (rdev >>> 8) & 0xfff;
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  if (major >= FIRST_PTS_MAJOR && major <= LAST_PTS_MAJOR)
    return `/dev/pts/${(major - FIRST_PTS_MAJOR) * MINORS_PER_PTS_MAJOR + minor}`;
  return major === CONSOLE_MAJOR && minor < CONSOLES ? `/dev/tty${minor}` : undefined;
}
