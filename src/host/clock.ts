/** Clocks and timers of a run; injected, so that tests control time. */
export interface Clock {
  /** Seconds on CLOCK_MONOTONIC, relative to a zero of this process. Never goes back, and stops in suspend. */
  monotonicSeconds(): number;
  /** Milliseconds since the epoch by the wall clock, which can be set forward and back. */
  unixMillis(): number;
  /** Calls `callback` once after `seconds`; the returned function cancels it. */
  after(seconds: number, callback: () => void): () => void;
}

/** `setTimeout` fires immediately for more than 24.8 days. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1;

export const systemClock: Clock = {
  monotonicSeconds: () => performance.now() / 1000,
  unixMillis: () => Date.now(),
  after(seconds, callback) {
    const endsAt = performance.now() + seconds * 1000;
    let timer: NodeJS.Timeout;
    const arm = () => {
      const left = Math.max(0, endsAt - performance.now());
      timer =
        left > LONGEST_TIMER_MILLIS ? setTimeout(arm, LONGEST_TIMER_MILLIS) : setTimeout(callback, left);
    };
    arm();
    return () => clearTimeout(timer);
  },
};
