/** A signal that ends a run. */
export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** When a run ends: its last sample was taken, it is interrupted, or what it follows has ended. */
export class RunEnd {
  /** Resolves at the second interruption: waiting for a network should stop. */
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
   * Ends the run as the end of its duration does, with its summary. `signal` is the signal that asks for it, if one does:
   * a command that is run gets the same one.
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

  /** Whether a signal has asked for the end. */
  get isSignalled(): boolean {
    return this.#signals.length > 0;
  }

  /** Calls `take` with each signal that came, and with each that comes later, in order. */
  onSignal(take: (signal: EndSignal) => void): void {
    this.#take = take;
    for (const signal of this.#signals) take(signal);
  }

  /** Resolves when the run is interrupted, or with the first of `causes`. */
  async reached(...causes: readonly Promise<unknown>[]): Promise<void> {
    await Promise.race([this.#interruption, ...causes]);
  }
}
