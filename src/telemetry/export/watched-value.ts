import type { Log } from '../../text/log.ts';
import { TelemetrySetupError } from './setup-error.ts';
import { WatchedFiles } from './watched-files.ts';

/**
 * A value read out of files, and read again when they change. One that cannot be used takes the place of none: the value
 * before stays in use, and that is said once.
 */
export class WatchedValue<T> {
  readonly #files: WatchedFiles;
  readonly #read: () => T;
  readonly #what: string;
  readonly #log: Log;
  #value: T;
  #problem: string | null = null;

  /** `read` throws TelemetrySetupError, and so does this at the start. `what` names them in logs: `the files of TLS`. */
  constructor(paths: readonly string[], read: () => T, what: string, log: Log) {
    this.#files = new WatchedFiles(paths);
    this.#files.haveChanged();
    this.#read = read;
    this.#what = what;
    this.#log = log;
    this.#value = read();
  }

  /** The same until files change. Looks at them each time. */
  get current(): T {
    if (this.#files.haveChanged()) this.#readAgain();
    return this.#value;
  }

  #readAgain(): void {
    try {
      this.#value = this.#read();
      this.#problem = null;
      this.#log.info({}, `${this.#what} changed and were read again`);
    } catch (error) {
      if (!(error instanceof TelemetrySetupError)) throw error;
      if (error.message === this.#problem) return;
      this.#problem = error.message;
      this.#log.warn(
        { reason: error.message },
        `${this.#what} changed and cannot be used: those from before stay in use`,
      );
    }
  }
}
