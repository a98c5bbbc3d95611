import { aroundMean, PERCENTILE, percentileBeside, ROUNDING } from './around-mean.ts';
import { bucketOf, QuantileSketch } from './quantile-sketch.ts';

/** What a rate or level came to over sample intervals. */
export interface Spread {
  readonly min: number;
  readonly max: number;
  /** Weighted by time. */
  readonly avg: number;
  /** 95th percentile of the samples, at most 2.5% too high. */
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
  readonly #isWhole: boolean;

  /** `isWhole`: it is of whole numbers, and so is its percentile. */
  constructor(isWhole = false) {
    this.#isWhole = isWhole;
  }

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
    const brief = aroundMean(this.#min, this.#max, this.#integral / this.#seconds, late / this.#seconds);
    const border = this.#sketch.quantile(PERCENTILE, this.#count);
    // The border of a bucket is above all that is in it.
    const sketched = this.#isWhole && border > 0 ? Math.ceil(border) - 1 : border;
    const p95 = percentileBeside(brief, sketched, this.#count);
    return {
      ...brief,
      p95: this.#isWhole ? Math.max(brief.min, Math.min(brief.max, Math.ceil(p95 - ROUNDING))) : p95,
      maxAtSeconds: this.#maxAtSeconds,
    };
  }
}
