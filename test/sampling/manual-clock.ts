import type { Clock } from '../../src/sampling/pace.ts';

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
    for (;;) {
      const next = this.#timers.reduce<{ dueSeconds: number; callback: () => void } | undefined>(
        (first, timer) => (first === undefined || timer.dueSeconds < first.dueSeconds ? timer : first),
        undefined,
      );
      if (next === undefined || next.dueSeconds > end) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#seconds = Math.max(this.#seconds, next.dueSeconds);
      next.callback();
    }
    this.#seconds = Math.max(this.#seconds, end);
  }
}
