import type { SpoolDirectory } from './spool-directory.ts';
import type { StoredWindow } from './stored-window.ts';

/** Windows on disk that were refused for good: kept for people, as long as there is room. */
export class SetAside {
  readonly #spool: SpoolDirectory;
  /** Oldest first. */
  readonly #windows: StoredWindow[];
  #bytes = 0;

  constructor(spool: SpoolDirectory) {
    this.#spool = spool;
    this.#windows = [...spool.found.aside];
    for (const { bytes } of this.#windows) this.#bytes += bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a window that waited until now; false where the disk does not let it. */
  take(window: StoredWindow): boolean {
    try {
      this.#spool.setAside(window);
    } catch {
      // Gone already, or a disk that cannot even do this.
      return false;
    }
    this.#windows.push(window);
    this.#bytes += window.bytes;
    return true;
  }

  /** Deletes the oldest, as long as it `isToGo`. */
  dropWhile(isToGo: (oldest: StoredWindow) => boolean): void {
    for (let oldest = this.#windows[0]; oldest !== undefined && isToGo(oldest); oldest = this.#windows[0]) {
      this.#windows.shift();
      this.#bytes -= oldest.bytes;
      this.#spool.removeAside(oldest);
    }
  }
}
