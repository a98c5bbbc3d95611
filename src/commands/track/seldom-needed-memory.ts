import { openResidentPages } from '../../host/resident-pages.ts';

const FIRST_SECONDS = 30;
const MOST_SECONDS = 480;

/**
 * Gives back what is seldom needed: half of Node's program file, above all, which starts it. Once code is compiled, and
 * again after twice as long each time, up to eight minutes, since what is needed now and then adds up.
 */
export class SeldomNeededMemory {
  #dueAtSeconds: number;
  #afterSeconds = FIRST_SECONDS;
  #giveBack: (() => void) | undefined;

  constructor(startedAtSeconds: number, giveBack = openResidentPages()) {
    this.#dueAtSeconds = startedAtSeconds + this.#afterSeconds;
    this.#giveBack = giveBack;
  }

  /** To be called between two samples. */
  giveBack(atSeconds: number): void {
    if (this.#giveBack === undefined || atSeconds < this.#dueAtSeconds) return;
    try {
      this.#giveBack();
    } catch {
      // It costs nothing to keep them.
      this.#giveBack = undefined;
    }
    this.#dueAtSeconds = atSeconds + this.#afterSeconds;
    this.#afterSeconds = Math.min(MOST_SECONDS, 2 * this.#afterSeconds);
  }
}
