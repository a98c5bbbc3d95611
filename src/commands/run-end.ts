/** A signal that ends a run. */
export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The end of a run: after its last sample, by an interruption, or when its targets have ended. */
export class RunEnd {
  /** Resolves at the second interruption, which should end waiting for the network. */
  readonly hurried: Promise<void>;
  readonly #signals: EndSignal[] = [];
  #take: ((signal: EndSignal) => void) | undefined;
  #interrupted = false;
  readonly #interruption: Promise<void>;
  #interrupt: () => void = () => {};
  #hurry: () => void = () => {};

  constructor() {
    this.#interruption = new Promise((resolve) => {
      this.#interrupt = resolve;
    });
    this.hurried = new Promise((resolve) => {
      this.#hurry = resolve;
    });
  }

  /**
   * Ends the run like the end of its duration, with its summary. `signal`: the signal that requests the end, if any;
   * a tracked command gets the same signal.
   */
  interrupt(signal?: EndSignal): void {
    if (this.#interrupted) this.#hurry();
    this.#interrupted = true;
    if (signal !== undefined) {
      this.#signals.push(signal);
      this.#take?.(signal);
    }
    this.#interrupt();
  }

  /** Whether a signal has requested the end. */
  get isSignalled(): boolean {
    return this.#signals.length > 0;
  }

  /** Calls `take` with each signal so far and each later one, in order. */
  onSignal(take: (signal: EndSignal) => void): void {
    this.#take = take;
    for (const signal of this.#signals) take(signal);
  }

  /** Resolves when the run is interrupted, or with the first of `causes`. */
  async reached(...causes: readonly Promise<unknown>[]): Promise<void> {
    await Promise.race([this.#interruption, ...causes]);
  }
}
