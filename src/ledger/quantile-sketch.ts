/** Neighbouring bucket borders differ by this factor, so a bucket's middle is off by at most 2.5%. */
const GROWTH = 1.05;
const LOG_GROWTH = Math.log(GROWTH);
/** Buckets are added in runs of this many. */
const RUN = 16;

/**
 * Quantiles of a stream of figures >= 0 in little memory, to within 2.5% of the value: counts by logarithmic
 * bucket, kept only over the range that was seen. Zeros are counted apart and exact.
 */
export class QuantileSketch {
  #zeros = 0;
  #count = 0;
  /** Index of the first bucket kept. */
  #first = 0;
  #buckets: Uint32Array | undefined;
  #lastValue = Number.NaN;
  #lastIndex = 0;

  /** Counts one figure; it must be finite and not negative. */
  add(value: number): void {
    this.#count++;
    if (value === 0) {
      this.#zeros++;
      return;
    }
    if (value !== this.#lastValue) {
      this.#lastValue = value;
      this.#lastIndex = Math.floor(Math.log(value) / LOG_GROWTH);
    }
    const index = this.#lastIndex;
    const buckets = this.#covering(index);
    buckets[index - this.#first]!++;
  }

  /** The figure that the share `q` (0 to 1) of all figures does not exceed; NaN without figures. */
  quantile(q: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = this.#zeros;
    if (rank <= seen || this.#buckets === undefined) return 0;
    for (let i = 0; i < this.#buckets.length; i++) {
      seen += this.#buckets[i]!;
      if (seen >= rank) return Math.exp((this.#first + i + 0.5) * LOG_GROWTH);
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
