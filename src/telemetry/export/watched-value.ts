import { statSync } from 'node:fs';
import type { Log } from '../../text/log.ts';
import { TelemetrySetupError } from './setup-error.ts';

/**
 * Detects changed files by stat(2), following links. Kubernetes replaces a secret
 * by another directory behind a link, others write into the same file or replace it by a rename: all are detected.
 */
class WatchedFiles {
  readonly #paths: readonly string[];
  #signature: string | null = null;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Whether they have changed since the last call; true at the first call. */
  haveChanged(): boolean {
    const signature = this.#paths.map(signatureOf).join('|');
    if (signature === this.#signature) return false;
    this.#signature = signature;
    return true;
  }
}

/**
 * A value read from files, and read again when they change. If the new content is invalid, the previous value stays in use,
 * which is logged once.
 */
export class WatchedValue<T> {
  readonly #files: WatchedFiles;
  readonly #read: () => T;
  readonly #what: string;
  readonly #log: Log;
  /** Undefined: nothing usable so far. */
  #value: { readonly of: T } | undefined;
  #problem: string | null = null;

  /**
   * `read` throws TelemetrySetupError. So does this constructor, or `current` until the files can be used if `start` is
   * `later`. `what` names the files in logs: `the files of TLS`.
   */
  constructor(
    paths: readonly string[],
    read: () => T,
    what: string,
    log: Log,
    start: 'now' | 'later' = 'now',
  ) {
    this.#files = new WatchedFiles(paths);
    this.#files.haveChanged();
    this.#read = read;
    this.#what = what;
    this.#log = log;
    if (start === 'now') this.#value = { of: read() };
  }

  /** The same object until files change. Checks the files at each call. */
  get current(): T {
    const haveChanged = this.#files.haveChanged();
    if (this.#value === undefined) this.#value = { of: this.#read() };
    else if (haveChanged) this.#readAgain();
    return this.#value.of;
  }

  #readAgain(): void {
    try {
      this.#value = { of: this.#read() };
      this.#problem = null;
      this.#log.info({}, `${this.#what} changed and were reread`);
    } catch (error) {
      if (!(error instanceof TelemetrySetupError)) throw error;
      if (error.message === this.#problem) return;
      this.#problem = error.message;
      this.#log.warn(
        { reason: error.message },
        `${this.#what} changed and are invalid: the previous ones stay in use`,
      );
    }
  }
}

function signatureOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    // Reading the file reports the error.
    return String((error as NodeJS.ErrnoException).code);
  }
}
