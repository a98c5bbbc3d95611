/** Ratio of neighbouring bucket borders: the upper border of a bucket is at most 2.5% too high. */
const GROWTH = 1.025;
const LOG_GROWTH = Math.log(GROWTH);
/** Buckets are allocated in groups of this size. */
const RUN = 16;

/** Bucket numbers range from the negative of this to below it: values from 1e-175 to 1e175. */
const MOST_BUCKETS = 2 ** 14;

/** Bucket of a finite value above 0; values outside all buckets are in the first or the last one. */
export function bucketOf(value: number): number {
  const bucket = Math.floor(Math.log(value) / LOG_GROWTH);
  return Math.max(-MOST_BUCKETS, Math.min(MOST_BUCKETS - 1, bucket));
}

/** Rank of a quantile (0 to 1) among `count` values, starting at 1. */
export function rankOf(q: number, count: number): number {
  return Math.max(1, Math.ceil(q * count));
}

/**
 * Quantiles of values >= 0 in little memory, at most 2.5% too high: counts by logarithmic bucket, stored only for the
 * observed range. Zeros are not stored: every value without a bucket is zero.
 */
export class QuantileSketch {
  /** Number of the first stored bucket. */
  #first = 0;
  #counted = 0;
  #buckets: Uint32Array | undefined;

  /** Counts `count` values of a bucket. */
  add(bucket: number, count: number): void {
    const buckets = this.#covering(bucket);
    buckets[bucket - this.#first]! += count;
    this.#counted += count;
  }

  /**
   * The value that the share `q` (0 to 1) of `count` values, zeros included, does not exceed; NaN without values. It
   * may be above all values: callers know the maximum.
   */
  quantile(q: number, count: number): number {
    if (count === 0) return Number.NaN;
    const rank = rankOf(q, count);
    let seen = count - this.#counted;
    if (rank <= seen || this.#buckets === undefined) return 0;
    for (let i = 0; i < this.#buckets.length; i++) {
      seen += this.#buckets[i]!;
      if (seen >= rank) return Math.exp((this.#first + i + 1) * LOG_GROWTH);
    }
    return 0;
  }

  #covering(index: number): Uint32Array {
    const buckets = this.#buckets;
    if (buckets === undefined) {
      this.#first = index - RUN / 2;
      this.#buckets = new Uint32Array(RUN);
      return this.#buckets;
    }
    const below = Math.max(0, this.#first - index);
    const above = Math.max(0, index - (this.#first + buckets.length) + 1);
    if (below === 0 && above === 0) return buckets;
    const added = Math.ceil((below + above) / RUN) * RUN;
    const wider = new Uint32Array(buckets.length + added);
    const shift = below > 0 ? added : 0;
    wider.set(buckets, shift);
    this.#first -= shift;
    this.#buckets = wider;
    return wider;
  }
}
