import { aroundMean } from './around-mean.ts';
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
  #maxAtSeconds = Number.NaN;
  #integral = 0;
  #seconds = 0;
  #count = 0;
  readonly #sketch = new QuantileSketch();

  /**
   * The figure stood at `value` (finite, >= 0) for the `seconds` up to `atSeconds`. If it does not stand for a sample
   * (`isSample`), as a rate over a very short time, it counts for the mean only. `amount`: what the mean is made of, where
   * the value is not just that over `seconds`.
   */
  add(value: number, seconds: number, atSeconds: number, isSample = true, amount = value * seconds): void {
    this.#integral += amount;
    this.#seconds += seconds;
    if (!isSample) {
      if (this.#count === 0) this.#maxAtSeconds = atSeconds;
      return;
    }
    if (value < this.#min) this.#min = value;
    if (value > this.#max) {
      this.#max = value;
      this.#maxAtSeconds = atSeconds;
    }
    this.#count++;
    if (value > 0) this.#sketch.add(bucketOf(value), 1);
  }

  /** Null if there was no interval. `late`: by so much the integral may be too high, as that of CPU. */
  spread(late = 0): Spread | null {
    if (this.#seconds === 0) return null;
    const { min, max, avg } = aroundMean(
      this.#min,
      this.#max,
      this.#integral / this.#seconds,
      late / this.#seconds,
    );
    const p95 = this.#count === 0 ? avg : this.#sketch.quantile(0.95, this.#count);
    return { min, max, avg, p95: Math.min(max, Math.max(min, p95)), maxAtSeconds: this.#maxAtSeconds };
  }
}
