import type { Clock } from '../host/clock.ts';

/** Of an interval: two times that are nearer than this are one time of the grid (0.3 is not quite 3 times 0.1). */
const ROUNDING = 1e-6;

/**
 * Takes samples every `intervalSeconds` of monotonic time, free of drift: each is due at a multiple of the interval
 * after the first, however long the earlier samples took. Samples never overlap. Those whose time passed before they
 * could begin (a slow sample, a stopped process) are skipped and counted in `missed`. Throttled, only every second, third,
 * … of these times has a sample; the times between are counted in `throttled` as they pass, and are never missed.
 *
 * With a duration, the last sample is due exactly that long after the first, at a time of the grid or not, and none
 * follows. A process that was stopped past that time takes its last sample as soon as it continues.
 */
export class SampleScheduler {
  missed = 0;
  /** Times of the grid that were left out on purpose. */
  throttled = 0;
  /** Intervals between two samples, from the next sample on: a whole number from 1. May be set within a sample. */
  throttle = 1;
  /** Resolves after the last sample of a run with a duration. */
  readonly finished: Promise<void>;
  readonly #clock: Clock;
  readonly #intervalSeconds: number;
  readonly #sample: (isLast: boolean) => void;
  /** Infinite where the run has no duration. */
  readonly #durationSeconds: number;
  #startSeconds = 0;
  /** Intervals between the first sample and the previous one, and between the first and the next. */
  #beats = 0;
  #nextBeats = 0;
  /** Times of the grid between these two that are left out on purpose. */
  #leftOut = 0;
  #isLastNext = false;
  #running = false;
  #cancel: (() => void) | undefined;
  #finish: () => void = () => {};

  /** `durationSeconds`: between the first sample and the last; 0: the samples go on until `stop`. */
  constructor(clock: Clock, intervalSeconds: number, sample: (isLast: boolean) => void, durationSeconds = 0) {
    this.#clock = clock;
    this.#intervalSeconds = intervalSeconds;
    this.#sample = sample;
    this.#durationSeconds = durationSeconds > 0 ? durationSeconds : Number.POSITIVE_INFINITY;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Seconds between two samples now. */
  get intervalSeconds(): number {
    // 3 times 0.1 is a little more than 0.3, and the figure is shown.
    return Number((this.#intervalSeconds * this.throttle).toPrecision(12));
  }

  /** Takes a sample at once, then every interval. */
  start(): void {
    this.begin();
    this.proceed();
  }

  /** Takes the first sample at once, and the others only from `proceed` on: work in between is not the sample's. */
  begin(): void {
    this.#startSeconds = this.#clock.monotonicSeconds();
    this.#running = true;
    this.#sample(false);
  }

  /** Schedules the samples that follow the first. */
  proceed(): void {
    if (!this.#running) return;
    const { throttle } = this;
    const elapsed = this.#clock.monotonicSeconds() - this.#startSeconds;
    // A timer may fire a little early, so the beat that was due counts even if its time has not quite come.
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

  /** No sample follows; may be called from within one. */
  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The next sample is the last: the times of the grid before it were missed, or are left out on purpose. */
  #approachEnd(end: number, missed: number): void {
    const between = Math.max(0, Math.ceil(end - ROUNDING) - 1 - this.#beats);
    // Where the process was stopped past the end, the last sample itself is late, not missed.
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

  /** The process was stopped: a sample that was due before the end would come after it, and so becomes the last. */
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
