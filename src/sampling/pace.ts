/** The clocks and the timer that pace a run; injected, so that tests own time. */
export interface Clock {
  /** Seconds that never go back, on a scale of this program's own. */
  monotonicSeconds(): number;
  unixMillis(): number;
  /** Calls back once after `seconds`; the answer cancels it. */
  after(seconds: number, callback: () => void): () => void;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  monotonicSeconds: () => performance.now() / 1000,
  unixMillis: () => Date.now(),
  after(seconds, callback) {
    const timer = setTimeout(callback, seconds * 1000);
    return () => clearTimeout(timer);
  },
};

/**
 * Calls `tick` every `intervalSeconds`, free of drift: each time is a multiple of the interval after the start,
 * whatever the ticks before took. Ticks never overlap; those whose time had passed before they could begin (a slow
 * tick, a stopped process) are skipped and counted in `missed`.
 */
export class Pace {
  missed = 0;
  readonly #clock: Clock;
  readonly #intervalSeconds: number;
  readonly #tick: () => void;
  #startSeconds = 0;
  #beats = 0;
  #running = false;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, intervalSeconds: number, tick: () => void) {
    this.#clock = clock;
    this.#intervalSeconds = intervalSeconds;
    this.#tick = tick;
  }

  /** Ticks at once, then every interval. */
  start(): void {
    this.begin();
    this.goOn();
  }

  /** Ticks at once, and then only from `goOn` on: what has to be done in between is not to count as the tick's. */
  begin(): void {
    this.#startSeconds = this.#clock.monotonicSeconds();
    this.#running = true;
    this.#tick();
  }

  /** Ticks every interval since `begin`. */
  goOn(): void {
    if (!this.#running) return;
    const now = this.#clock.monotonicSeconds();
    // A timer may fire a little early, so the beat that was due counts even if its time has not quite come.
    const passed = Math.max(this.#beats, Math.floor((now - this.#startSeconds) / this.#intervalSeconds));
    this.missed += passed - this.#beats;
    this.#beats = passed + 1;
    const delaySeconds = this.#startSeconds + this.#beats * this.#intervalSeconds - now;
    this.#cancel = this.#clock.after(Math.max(0, delaySeconds), () => this.#beat());
  }

  /** No tick follows; may be called from within one. */
  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #beat(): void {
    this.#cancel = undefined;
    this.#tick();
    this.goOn();
  }
}
