/** The clocks and the timer of a run; injected, so that tests own time. */
export interface Clock {
  /** Seconds on CLOCK_MONOTONIC, from a zero of this process's own. The clock never goes back, and stands still in suspend. */
  monotonicSeconds(): number;
  /** Milliseconds since the epoch by the wall clock, which can be set forward and back. */
  unixMillis(): number;
  /** Calls back once after `seconds`; the answer cancels it. */
  after(seconds: number, callback: () => void): () => void;
}

/** `setTimeout` fires at once where it is asked for more than 24.8 days. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1;

/** The machine's clocks. */
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
