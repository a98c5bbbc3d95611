import { openResidentPages } from '../host/resident-pages.ts';

const FIRST_SECONDS = 30;

/**
 * Gives back what was needed to start alone: half of Node's program file, above all. Once code is compiled, and again
 * each time that twice as much time has passed, since what is needed now and then adds up.
 */
export class StartUpMemory {
  #dueAtSeconds: number;
  #afterSeconds = FIRST_SECONDS;
  #giveBack = openResidentPages();

  constructor(startedAtSeconds: number) {
    this.#dueAtSeconds = startedAtSeconds + this.#afterSeconds;
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
    this.#afterSeconds *= 2;
  }
}
