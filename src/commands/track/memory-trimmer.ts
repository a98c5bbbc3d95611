import { openResidentPages } from '../../host/resident-pages.ts';

const FIRST_SECONDS = 30;
const MOST_SECONDS = 480;

/**
 * Releases unused memory: mostly half of Node's program file, which is used only at the start. First when code is compiled, then
 * after twice as long each time, up to eight minutes, because pages that are used rarely add up.
 */
export class MemoryTrimmer {
  #dueAtSeconds: number;
  #afterSeconds = FIRST_SECONDS;
  #trim: (() => void) | undefined;

  constructor(startedAtSeconds: number, trim = openResidentPages()) {
    this.#dueAtSeconds = startedAtSeconds + this.#afterSeconds;
    this.#trim = trim;
  }

  /** To be called between two samples. */
  trim(atSeconds: number): void {
    if (this.#trim === undefined || atSeconds < this.#dueAtSeconds) return;
    try {
      this.#trim();
    } catch {
      // Keeping the pages is harmless.
      this.#trim = undefined;
    }
    this.#dueAtSeconds = atSeconds + this.#afterSeconds;
    this.#afterSeconds = Math.min(MOST_SECONDS, 2 * this.#afterSeconds);
  }
}
