import { QuantileSketch } from './quantile-sketch.ts';
import type { RunStatistic } from './run-document.ts';

/** Minimum, maximum, time-weighted mean and 95th percentile of a rate or level over sample intervals. */
export class Statistic {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #integral = 0;
  #seconds = 0;
  readonly #sketch = new QuantileSketch();

  /** The figure stood at `value` (finite, >= 0) for `seconds`. */
  add(value: number, seconds: number): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#integral += value * seconds;
    this.#seconds += seconds;
    this.#sketch.add(value);
  }

  /** Null if there was no interval. */
  summary(): RunStatistic | null {
    if (this.#seconds === 0) return null;
    return {
      min: this.#min,
      max: this.#max,
      // The mean of equal values is off by a rounding error.
      avg: this.#clamped(this.#integral / this.#seconds),
      p95: this.#clamped(this.#sketch.quantile(0.95)),
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
