/** How long a recording is: found out piece by piece, or known once its end was read. */
export class RecordingLength {
  /** Elapsed seconds at the last frame; null where that is not known yet. */
  lastSeconds: number | null = null;
  #measuring: Generator<void, number | null> | null;

  constructor(measuring: Generator<void, number | null>) {
    this.#measuring = measuring;
  }

  get isBeingMeasured(): boolean {
    return this.#measuring !== null;
  }

  /** Goes on measuring until `isOver`. */
  measureOn(isOver: () => boolean): void {
    while (this.#measuring !== null && !isOver()) {
      const { done, value } = this.#measuring.next();
      if (done !== true) continue;
      this.#measuring = null;
      // What was read itself is the truth.
      this.lastSeconds ??= value ?? null;
    }
  }

  stop(): void {
    this.#measuring?.return(null);
    this.#measuring = null;
  }
}
