/** The length of a recording: measured piece by piece, or known after its end was read. */
export class RecordingLength {
  /** Elapsed seconds at the last frame; null if not known yet. */
  lastSeconds: number | null = null;
  #measuring: Generator<void, number | null> | null;

  constructor(measuring: Generator<void, number | null>) {
    this.#measuring = measuring;
  }

  get isBeingMeasured(): boolean {
    return this.#measuring !== null;
  }

  /** Continues measuring until `isOver`. */
  measureOn(isOver: () => boolean): void {
    while (this.#measuring !== null && !isOver()) {
      const { done, value } = this.#measuring.next();
      if (done !== true) continue;
      this.#measuring = null;
      // The frames that were read decide.
      this.lastSeconds ??= value ?? null;
    }
  }

  stop(): void {
    this.#measuring?.return(null);
    this.#measuring = null;
  }
}
