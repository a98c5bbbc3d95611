import type { Clock } from '../../src/host/clock.ts';

/** A clock that stands still until it is moved; timers fire in order as it passes them. */
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

  /** Moves on with no timer firing: work that takes time, or a stopped process. */
  spend(seconds: number): void {
    this.#seconds += seconds;
  }

  /** Moves on, firing what falls due on the way. */
  advance(seconds: number): void {
    const end = this.#seconds + seconds;
    while (this.#fireNext(end));
    this.#seconds = Math.max(this.#seconds, end);
  }

  /** As `advance`, but before each timer, and at the end, all goes on that waits for nothing but its turn. */
  async pass(seconds: number): Promise<void> {
    const end = this.#seconds + seconds;
    do await new Promise(setImmediate);
    while (this.#fireNext(end));
    this.#seconds = Math.max(this.#seconds, end);
  }

  /** False when nothing falls due by then. */
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
