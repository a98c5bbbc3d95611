import { bucketOf, QuantileSketch } from './quantile-sketch.ts';
import type { RunStatistic } from './run-document.ts';

/** When a sample was taken, by both clocks. */
export interface Moment {
  readonly unixMillis: number;
  /** Monotonic. */
  readonly atSeconds: number;
}

/** Minimum, maximum, time-weighted mean and 95th percentile of a rate or level over sample intervals. */
export class Statistic {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** The sample that first had the maximum. */
  #maxMoment: Moment | null = null;
  #integral = 0;
  #seconds = 0;
  #count = 0;
  readonly #sketch = new QuantileSketch();

  /** The figure stood at `value` (finite, >= 0) for the `seconds` up to `moment`. */
  add(value: number, seconds: number, moment: Moment): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) {
      this.#max = value;
      this.#maxMoment = moment;
    }
    this.#integral += value * seconds;
    this.#seconds += seconds;
    this.#count++;
    if (value > 0) this.#sketch.add(bucketOf(value), 1);
  }

  /** Null if there was no interval. `sinceSeconds`: when the run began, by the monotonic clock of the moments. */
  summary(sinceSeconds: number): RunStatistic | null {
    const moment = this.#maxMoment;
    if (this.#seconds === 0 || moment === null) return null;
    return {
      min: this.#min,
      max: this.#max,
      // The mean of equal values is off by a rounding error.
      avg: this.#clamped(this.#integral / this.#seconds),
      p95: this.#clamped(this.#sketch.quantile(0.95, this.#count)),
      maxAt: new Date(moment.unixMillis).toISOString(),
      maxAfterSeconds: moment.atSeconds - sinceSeconds,
    };
  }

  /** As `summary`, without the percentile, which costs a walk through the sketch. */
  brief(): Pick<RunStatistic, 'min' | 'max' | 'avg'> | null {
    if (this.#seconds === 0) return null;
    return { min: this.#min, max: this.#max, avg: this.#clamped(this.#integral / this.#seconds) };
  }

  #clamped(value: number): number {
    return Math.min(this.#max, Math.max(this.#min, value));
  }
}
