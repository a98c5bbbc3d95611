import { openResidentPages } from '../../host/resident-pages.ts';

const FIRST_SECONDS = 30;
const MOST_SECONDS = 480;

/**
 * Releases seldom needed memory: mostly half of Node's program file, which is used only to start. Once code is compiled, and
 * again after twice as long each time, up to eight minutes, since what is needed now and then adds up.
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
      // It costs nothing to keep them.
      this.#trim = undefined;
    }
    this.#dueAtSeconds = atSeconds + this.#afterSeconds;
    this.#afterSeconds = Math.min(MOST_SECONDS, 2 * this.#afterSeconds);
  }
}
