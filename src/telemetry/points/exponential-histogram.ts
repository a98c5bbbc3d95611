import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import { type Distribution, Moments } from './histogram.ts';

/** Defaults of the metrics SDK specification (Base2 Exponential Bucket Histogram Aggregation). */
const MOST_BUCKETS = 160;
const FINEST_SCALE = 20;

/**
 * Counts in buckets whose bounds are powers of 2^(2^-scale) (OTLP `ExponentialHistogram`). The scale is the finest for which
 * all values fit into 160 buckets; it only gets coarser. Values are 0 or greater.
 */
export class Base2Histogram implements Distribution {
  readonly #moments = new Moments();
  #zeros = 0;
  #scale = FINEST_SCALE;
  /** Index of the first bucket kept, and the buckets from there on. */
  #offset = 0;
  #counts: number[] = [];

  get count(): number {
    return this.#moments.count;
  }

  record(value: number, times = 1): void {
    this.#moments.add(value, times);
    if (value === 0) {
      this.#zeros += times;
      return;
    }
    let index = indexAt(this.#scale, value);
    const last = this.#offset + this.#counts.length - 1;
    const isFirst = this.#counts.length === 0;
    let low = isFirst ? index : Math.min(index, this.#offset);
    let high = isFirst ? index : Math.max(index, last);
    let steps = 0;
    while (high - low >= MOST_BUCKETS) {
      low >>= 1;
      high >>= 1;
      steps++;
    }
    if (steps > 0) {
      this.#coarsen(steps);
      index >>= steps;
    }
    this.#bucket(index, times);
  }

  value(): ExponentialHistogram {
    const { count, sum, min, max } = this.#moments;
    return {
      count,
      sum,
      min,
      max,
      // With only zeros, any scale is right. It is the finest: a later finer one would be a reset for Prometheus.
      scale: this.#scale,
      zeroCount: this.#zeros,
      positive: { offset: this.#offset, bucketCounts: [...this.#counts] },
      negative: { offset: 0, bucketCounts: [] },
    };
  }

  reset(): void {
    this.#moments.reset();
    this.#zeros = 0;
    this.#scale = FINEST_SCALE;
    this.#offset = 0;
    this.#counts = [];
  }

  #bucket(index: number, times: number): void {
    const counts = this.#counts;
    if (counts.length === 0) this.#offset = index;
    if (index < this.#offset) {
      counts.unshift(...new Array<number>(this.#offset - index).fill(0));
      this.#offset = index;
    }
    while (counts.length <= index - this.#offset) counts.push(0);
    counts[index - this.#offset]! += times;
  }

  /** Each step halves the scale: two neighbouring buckets become one. */
  #coarsen(steps: number): void {
    this.#scale -= steps;
    const before = this.#counts;
    const first = this.#offset;
    this.#counts = [];
    this.#offset = first >> steps;
    for (const [i, count] of before.entries()) {
      const at = ((first + i) >> steps) - this.#offset;
      while (this.#counts.length <= at) this.#counts.push(0);
      this.#counts[at]! += count;
    }
  }
}

const NUMBER = new DataView(new ArrayBuffer(8));
const EXPONENT_BIAS = 1023;
const SMALLEST_EXPONENT = -1022;

/** The largest whole exponent with 2^exponent <= value; subnormal values count as the smallest normal one. */
function exponentOf(value: number): number {
  NUMBER.setFloat64(0, value);
  const biased = (NUMBER.getUint16(0) >> 4) & 0x7ff;
  return biased === 0 ? SMALLEST_EXPONENT : biased - EXPONENT_BIAS;
}

/** The bucket of `value`; its upper bound is included. */
function indexAt(scale: number, value: number): number {
  const exponent = exponentOf(value);
  const isPower = value <= 2 ** exponent;
  if (scale <= 0) return (isPower ? exponent - 1 : exponent) >> -scale;
  const perOctave = 2 ** scale;
  const first = exponent * perOctave;
  if (isPower) return first - 1;
  // The logarithm of a value next to a power of two may be rounded into the neighbouring octave.
  return Math.min(Math.max(Math.floor(Math.log2(value) * perOctave), first), first + perOctave - 1);
}
