import type { Clock } from '../sampling/pace.ts';

/** When a run ends: its time is up, it is interrupted, or what it follows has ended. */
export class RunEnd {
  /** Resolves at the second interruption: whoever waits for a network should stop. */
  readonly hurried: Promise<void>;
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

  /** Someone wants the run to end (SIGINT, SIGTERM). It ends as a run that is over does, with its summary. */
  interrupt(): void {
    if (this.#interrupted) this.#hurry();
    this.#interrupted = true;
    this.#interrupt();
  }

  /** Resolves when the run is over. `durationSeconds` 0 is without end; `over` resolves when nothing is left to follow. */
  async reached(durationSeconds: number, clock: Clock, over: Promise<unknown> | undefined): Promise<void> {
    let cancel = () => {};
    const causes: Promise<unknown>[] = [this.#interruption];
    if (over !== undefined) causes.push(over);
    if (durationSeconds > 0) {
      causes.push(
        new Promise<void>((resolve) => {
          cancel = clock.after(durationSeconds, resolve);
        }),
      );
    }
    await Promise.race(causes);
    cancel();
  }
}
