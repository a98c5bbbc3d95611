import type { Clock } from '../../src/host/clock.ts';

/** A clock that tests advance; timers fire in order as it passes them. */
export class ManualClock implements Clock {
  #seconds = 0;
  #timers: { dueSeconds: number; callback: () => void }[] = [];

  monotonicSeconds(): number {
    return this.#seconds;
  }

  unixMillis(): number {
    return 1_700_000_000_000 + this.#seconds * 1000;
  }

  after(seconds: number, callback: () => void): () => void {
    const timer = { dueSeconds: this.#seconds + seconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Advances without firing timers: slow work, or a stopped process. */
  spend(seconds: number): void {
    this.#seconds += seconds;
  }

  /** Advances, and fires the timers that become due. */
  advance(seconds: number): void {
    const end = this.#seconds + seconds;
    while (this.#fireNext(end));
    this.#seconds = Math.max(this.#seconds, end);
  }

  /** Like `advance`, but runs pending promises and callbacks before each timer, and at the end. */
  async pass(seconds: number): Promise<void> {
    const end = this.#seconds + seconds;
    do await new Promise(setImmediate);
    while (this.#fireNext(end));
    this.#seconds = Math.max(this.#seconds, end);
  }

  /** False if no timer is due by then. */
  #fireNext(endSeconds: number): boolean {
    const next = this.#timers.reduce<{ dueSeconds: number; callback: () => void } | undefined>(
      (first, timer) => (first === undefined || timer.dueSeconds < first.dueSeconds ? timer : first),
      undefined,
    );
    if (next === undefined || next.dueSeconds > endSeconds) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#seconds = Math.max(this.#seconds, next.dueSeconds);
    next.callback();
    return true;
  }
}
