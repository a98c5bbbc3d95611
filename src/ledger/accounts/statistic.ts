import { bucketOf, QuantileSketch } from './quantile-sketch.ts';

/** What a rate or level came to over sample intervals. */
export interface Spread {
  readonly min: number;
  readonly max: number;
  /** Weighted by time. */
  readonly avg: number;
  /** 95th percentile of the samples, as far as a distribution is exact. */
  readonly p95: number;
  /** The sample that first had the maximum, on the monotonic clock. */
  readonly maxAtSeconds: number;
}

/** Minimum, maximum, time-weighted mean and 95th percentile of a rate or level over sample intervals. */
export class Statistic {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** The sample that first had the maximum. */
  #maxAtSeconds = Number.NaN;
  #integral = 0;
  #seconds = 0;
  #count = 0;
  readonly #sketch = new QuantileSketch();

  /** The figure stood at `value` (finite, >= 0) for the `seconds` up to `atSeconds`. */
  add(value: number, seconds: number, atSeconds: number): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) {
      this.#max = value;
      this.#maxAtSeconds = atSeconds;
    }
    this.#integral += value * seconds;
    this.#seconds += seconds;
    this.#count++;
    if (value > 0) this.#sketch.add(bucketOf(value), 1);
  }

  /** Null if there was no interval. */
  spread(): Spread | null {
    if (this.#seconds === 0) return null;
    return {
      min: this.#min,
      max: this.#max,
      // The mean of equal values is off by a rounding error.
      avg: this.#clamped(this.#integral / this.#seconds),
      p95: this.#clamped(this.#sketch.quantile(0.95, this.#count)),
      maxAtSeconds: this.#maxAtSeconds,
    };
  }

  #clamped(value: number): number {
    return Math.min(this.#max, Math.max(this.#min, value));
  }
}
