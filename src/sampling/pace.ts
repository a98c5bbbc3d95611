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
 * tick, a stopped process) are skipped and counted in `missed`. Stretched, it ticks at every second, third, … of those
 * times; the times between are counted in `stretched` as they pass, and are never missed.
 */
export class Pace {
  missed = 0;
  /** Times that were left out on purpose. */
  stretched = 0;
  /** One tick for so many intervals, from the next one on: a whole number from 1. May be set within a tick. */
  stretch = 1;
  readonly #clock: Clock;
  readonly #intervalSeconds: number;
  readonly #tick: () => void;
  #startSeconds = 0;
  /** Intervals from the start to the tick before, and to the next. */
  #beats = 0;
  #nextBeats = 0;
  /** Of those between, the ones that are left out on purpose. */
  #leftOut = 0;
  #running = false;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, intervalSeconds: number, tick: () => void) {
    this.#clock = clock;
    this.#intervalSeconds = intervalSeconds;
    this.#tick = tick;
  }

  /** Seconds between two ticks, as they now are. */
  get intervalSeconds(): number {
    // 3 times 0.1 is a little more than 0.3, and the figure is shown.
    return Number((this.#intervalSeconds * this.stretch).toPrecision(12));
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
    const { stretch } = this;
    const now = this.#clock.monotonicSeconds();
    // A timer may fire a little early, so the beat that was due counts even if its time has not quite come.
    const passed = Math.max(this.#beats, Math.floor((now - this.#startSeconds) / this.#intervalSeconds));
    const missed = Math.floor((passed - this.#beats) / stretch);
    this.missed += missed;
    this.#nextBeats = this.#beats + (missed + 1) * stretch;
    this.#leftOut = this.#nextBeats - this.#beats - 1 - missed;
    const delaySeconds = this.#startSeconds + this.#nextBeats * this.#intervalSeconds - now;
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
    this.#beats = this.#nextBeats;
    this.stretched += this.#leftOut;
    this.#tick();
    this.goOn();
  }
}
