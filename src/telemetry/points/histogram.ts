import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

/** What was counted, as a point has it. */
export type HistogramValue = Histogram | ExponentialHistogram;

/** Counts values; made for thousands a second, so neither attributes nor contexts come into it. */
export interface Distribution {
  readonly count: number;
  /** Counts a value, finite and not negative, as often as it came: once if not said. */
  record(value: number, times?: number): void;
  /** What was counted, as a point has it: a copy. */
  value(): HistogramValue;
  /** Forgets what was counted. */
  reset(): void;
}

/** What every distribution keeps in addition to its buckets. */
export class Moments {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  add(value: number, times: number): void {
    this.count += times;
    this.sum += value * times;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
  }
}

/** Counts in buckets with explicit upper bounds, each bound included (OTLP `Histogram`). */
export class ExplicitHistogram implements Distribution {
  readonly #boundaries: Float64Array;
  readonly #counts: Float64Array;
  readonly #moments = new Moments();

  constructor(boundaries: readonly number[]) {
    this.#boundaries = Float64Array.from(boundaries);
    this.#counts = new Float64Array(boundaries.length + 1);
  }

  get count(): number {
    return this.#moments.count;
  }

  record(value: number, times = 1): void {
    this.#moments.add(value, times);
    const boundaries = this.#boundaries;
    let low = 0;
    let high = boundaries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (boundaries[middle]! < value) low = middle + 1;
      else high = middle;
    }
    this.#counts[low]! += times;
  }

  value(): Histogram {
    const { count, sum, min, max } = this.#moments;
    return {
      buckets: { boundaries: [...this.#boundaries], counts: [...this.#counts] },
      count,
      sum,
      min,
      max,
    };
  }

  reset(): void {
    this.#moments.reset();
    this.#counts.fill(0);
  }
}

/** The same buckets with nothing in them. */
export function emptied(value: HistogramValue): HistogramValue {
  const nothing = { count: 0, sum: 0 };
  if ('buckets' in value) {
    const { boundaries, counts } = value.buckets;
    return { ...nothing, buckets: { boundaries, counts: counts.map(() => 0) } };
  }
  // The scale stays: a finer one later would look as if the series had restarted.
  const none = { offset: 0, bucketCounts: [] };
  return { ...nothing, scale: value.scale, zeroCount: 0, positive: none, negative: none };
}
