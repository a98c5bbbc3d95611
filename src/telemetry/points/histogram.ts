import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

/** The counts, in the form of a point. */
export type HistogramValue = Histogram | ExponentialHistogram;

/** Counts values. Made for thousands a second, so it has neither attributes nor contexts. */
export interface Distribution {
  readonly count: number;
  /** Counts a finite value >= 0, `times` times, or once. */
  record(value: number, times?: number): void;
  /** A copy of the counts, in the form of a point. */
  value(): HistogramValue;
  /** Resets the counts. */
  reset(): void;
}

/** State of every distribution in addition to its buckets. */
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

const SHARED = new WeakMap<readonly number[], number[]>();

/** One copy for all histograms of a metric and their points: thousands of units have a histogram of each. */
function sharedBoundaries(boundaries: readonly number[]): number[] {
  let shared = SHARED.get(boundaries);
  if (shared === undefined) {
    shared = [...boundaries];
    SHARED.set(boundaries, shared);
  }
  return shared;
}

/** Counts in buckets with explicit upper bounds, each bound included (OTLP `Histogram`). */
export class ExplicitHistogram implements Distribution {
  readonly #boundaries: number[];
  readonly #counts: Float64Array;
  readonly #moments = new Moments();

  constructor(boundaries: readonly number[]) {
    this.#boundaries = sharedBoundaries(boundaries);
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
      buckets: { boundaries: this.#boundaries, counts: Array.from(this.#counts) },
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

/** The same buckets, empty. */
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
