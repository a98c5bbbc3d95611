import type { Clock } from './clock.ts';

/** Larger changes of the offset, in either direction, are steps and are reported; smaller ones are only followed. */
const STEP_MILLIS = 100;
/** The wall clock is read in whole milliseconds, so its offset varies by up to one without any change. */
const RESOLUTION_MILLIS = 1;
/** While times are ahead of the wall clock, they advance at this fraction of the monotonic clock's speed. */
const CATCH_UP_SPEED = 0.5;
/** The clocks are read again if more time than this passed between the two reads, as on a busy machine. */
const ONE_MOMENT_SECONDS = 0.001;
const READ_ATTEMPTS = 5;

/**
 * Wall-clock times of a run: an offset added to the monotonic clock, compared with the wall clock once a sample. Small
 * changes (a slewed clock) are followed; a step is followed immediately and reported. Times never decrease: when the
 * clock is set back, they advance at half speed until the wall clock has caught up.
 */
export class WallClock {
  readonly #clock: Pick<Clock, 'monotonicSeconds' | 'unixMillis'>;
  readonly #onStep: (stepSeconds: number) => void;
  /** Wall clock minus monotonic clock. */
  #offsetMillis: number;
  /** The last returned time, on both clocks. */
  #atSeconds: number;
  #unixMillis: number;

  /** `onStep` is called once for each step with its size, negative for a step back. */
  constructor(clock: Pick<Clock, 'monotonicSeconds' | 'unixMillis'>, onStep: (stepSeconds: number) => void) {
    this.#clock = clock;
    this.#onStep = onStep;
    this.#offsetMillis = this.#readOffset();
    this.#atSeconds = clock.monotonicSeconds();
    this.#unixMillis = this.currentUnixMillis(this.#atSeconds);
  }

  /** Compares the offset with the wall clock, and returns the time at `atSeconds`, which must not decrease. */
  follow(atSeconds: number): number {
    const offset = this.#readOffset();
    const change = offset - this.#offsetMillis;
    if (Math.abs(change) > RESOLUTION_MILLIS) this.#offsetMillis = offset;
    if (Math.abs(change) >= STEP_MILLIS) this.#onStep(change / 1000);
    this.#unixMillis = this.unixMillisAt(atSeconds);
    this.#atSeconds = atSeconds;
    return this.#unixMillis;
  }

  /** The time of a moment at or after the last `follow`: later than all returned times. */
  unixMillisAt(atSeconds: number): number {
    const elapsedMillis = (atSeconds - this.#atSeconds) * 1000;
    return Math.max(
      this.currentUnixMillis(atSeconds),
      this.#unixMillis + Math.max(0, elapsedMillis) * CATCH_UP_SPEED,
    );
  }

  /** The time of any moment by the current wall clock: after a step back it may be earlier than returned times. */
  currentUnixMillis(atSeconds: number): number {
    return this.#offsetMillis + atSeconds * 1000;
  }

  #readOffset(): number {
    let offset = Number.NaN;
    let least = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < READ_ATTEMPTS && least > ONE_MOMENT_SECONDS; attempt++) {
      const before = this.#clock.monotonicSeconds();
      const unixMillis = this.#clock.unixMillis();
      const after = this.#clock.monotonicSeconds();
      if (after - before >= least) continue;
      least = after - before;
      offset = unixMillis - ((before + after) / 2) * 1000;
    }
    return offset;
  }
}
