import type { Clock } from '../host/clock.ts';

/** Tolerance, in intervals, for comparing times of the grid (3 × 0.1 is not exactly 0.3). */
const ROUNDING = 1e-6;

/**
 * Takes samples every `intervalSeconds` of monotonic time, free of drift: samples are due at multiples of the interval
 * after the first one, however long earlier samples took. Samples never overlap. Times that pass before a sample can
 * begin (slow sample, stopped process) are skipped and counted in `missed`. When throttled, only every second, third, …
 * time has a sample; the times between are counted in `throttled` as they pass, never in `missed`.
 *
 * With a duration, the last sample is due exactly that long after the first, on the grid or not. A process that was
 * stopped past that time takes the last sample as soon as it continues.
 */
export class SampleScheduler {
  missed = 0;
  /** Times of the grid that were skipped by throttling. */
  throttled = 0;
  /** Intervals between two samples, from the next sample on: an integer, at least 1. May be set within a sample. */
  throttle = 1;
  /** Resolves after the last sample of a run with a duration. */
  readonly finished: Promise<void>;
  readonly #clock: Clock;
  readonly #intervalSeconds: number;
  readonly #sample: (isLast: boolean) => void;
  /** Infinite if the run has no duration. */
  readonly #durationSeconds: number;
  #startSeconds = 0;
  /** Intervals between the first sample and the previous one, and between the first and the next one. */
  #beats = 0;
  #nextBeats = 0;
  /** Times of the grid between these two that throttling skips. */
  #leftOut = 0;
  #isLastNext = false;
  #running = false;
  #cancel: (() => void) | undefined;
  #finish: () => void = () => {};

  /** `durationSeconds`: time between the first sample and the last; 0: until `stop`. */
  constructor(clock: Clock, intervalSeconds: number, sample: (isLast: boolean) => void, durationSeconds = 0) {
    this.#clock = clock;
    this.#intervalSeconds = intervalSeconds;
    this.#sample = sample;
    this.#durationSeconds = durationSeconds > 0 ? durationSeconds : Number.POSITIVE_INFINITY;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Current seconds between two samples. */
  get intervalSeconds(): number {
    // Rounded for display: 3 × 0.1 is slightly more than 0.3.
    return Number((this.#intervalSeconds * this.throttle).toPrecision(12));
  }

  /** Takes a sample immediately, then one every interval. */
  start(): void {
    this.begin();
    this.proceed();
  }

  /**
   * Takes the first sample immediately; the others follow after `proceed`, so that work in between does not count as
   * part of the sample.
   */
  begin(): void {
    this.#startSeconds = this.#clock.monotonicSeconds();
    this.#running = true;
    this.#sample(false);
  }

  /** Schedules the samples after the first. */
  proceed(): void {
    if (!this.#running) return;
    const { throttle } = this;
    const elapsed = this.#clock.monotonicSeconds() - this.#startSeconds;
    // A timer may fire slightly early: the time that was due counts even if it has not quite come.
    const passed = Math.max(this.#beats, this.#beatsUntil(Math.min(elapsed, this.#durationSeconds)));
    const missed = Math.floor((passed - this.#beats) / throttle);
    this.#nextBeats = this.#beats + (missed + 1) * throttle;
    const end = this.#durationSeconds / this.#intervalSeconds;
    this.#isLastNext = this.#nextBeats > end - ROUNDING;
    if (this.#isLastNext) this.#approachEnd(end, missed);
    else {
      this.missed += missed;
      this.#leftOut = this.#nextBeats - this.#beats - 1 - missed;
    }
    const dueSeconds = this.#isLastNext ? this.#durationSeconds : this.#nextBeats * this.#intervalSeconds;
    this.#cancel = this.#clock.after(Math.max(0, dueSeconds - elapsed), () => this.#beat());
  }

  /** Ends sampling; may be called within a sample. */
  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The next sample is the last: counts the grid times before it as missed or throttled. */
  #approachEnd(end: number, missed: number): void {
    const between = Math.max(0, Math.ceil(end - ROUNDING) - 1 - this.#beats);
    // If the process was stopped past the end, the last sample is late, not missed.
    const counted = Math.min(missed, Math.floor(between / this.throttle));
    this.missed += counted;
    this.#leftOut = between - counted;
  }

  #beat(): void {
    this.#cancel = undefined;
    const elapsed = this.#clock.monotonicSeconds() - this.#startSeconds;
    const isLate = elapsed >= this.#durationSeconds;
    if (isLate && !this.#isLastNext) this.#skipToEnd();
    this.#beats = this.#nextBeats;
    this.throttled += this.#leftOut;
    if (!this.#isLastNext) {
      this.#sample(false);
      this.proceed();
      return;
    }
    this.#running = false;
    this.#sample(true);
    this.#finish();
  }

  /** The process was stopped: a sample that was due before the end would come after it, so it becomes the last one. */
  #skipToEnd(): void {
    const end = Math.ceil(this.#durationSeconds / this.#intervalSeconds - ROUNDING);
    const skipped = end - this.#nextBeats;
    const missed = Math.ceil(skipped / this.throttle);
    this.missed += missed;
    this.#leftOut += skipped - missed;
    this.#isLastNext = true;
  }

  #beatsUntil(seconds: number): number {
    return Math.floor(seconds / this.#intervalSeconds + ROUNDING);
  }
}
