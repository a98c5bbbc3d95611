const FIRST_SECONDS = 0.5;
const LONGEST_SECONDS = 30;

/** How long to wait before the next try: twice as long each time, and by chance up to half of that less. */
export class Backoff {
  readonly #random: () => number;
  #seconds = FIRST_SECONDS;

  /** `random` gives numbers from 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Seconds; never less than `leastSeconds`, which is what the other side asked for. */
  next(leastSeconds: number): number {
    const seconds = this.#seconds * (1 - this.#random() / 2);
    this.#seconds = Math.min(this.#seconds * 2, LONGEST_SECONDS);
    // Many that were told the same time should not come back as one.
    return leastSeconds > seconds ? leastSeconds * (1 + this.#random() / 10) : seconds;
  }

  reset(): void {
    this.#seconds = FIRST_SECONDS;
  }
}
