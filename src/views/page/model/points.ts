import { grown } from '../../../sampling/grown.ts';

/** Initial samples per point, and maximum number of points. */
const FIRST_CAPACITY = 64;

/**
 * The time axis: points of equal length that all figures share. A tick covers the time since the previous one. It starts
 * with one tick per point; when there are too many points, each two are merged.
 */
export class Points {
  readonly #tickSeconds: number;
  #startSeconds = Number.NaN;
  #ticksPerPoint = 1;
  #count = 0;
  #seconds = new Float64Array(FIRST_CAPACITY);
  startUnixMillis = Number.NaN;

  constructor(tickSeconds: number) {
    this.#tickSeconds = tickSeconds;
  }

  get count(): number {
    return this.#count;
  }

  get ticksPerPoint(): number {
    return this.#ticksPerPoint;
  }

  get stepSeconds(): number {
    return this.#ticksPerPoint * this.#tickSeconds;
  }

  get hasBegun(): boolean {
    return !Number.isNaN(this.#startSeconds);
  }

  /** Adds the first tick, from which time counts. */
  begin(atSeconds: number, unixMillis: number): void {
    this.#startSeconds = atSeconds;
    this.startUnixMillis = unixMillis;
  }

  /** Seconds from the start of the axis. */
  since(atSeconds: number): number {
    return atSeconds - this.#startSeconds;
  }

  /** The point that a tick at `atSeconds` is in. It may be any number of points after the last. */
  of(atSeconds: number): number {
    const tick = Math.round((atSeconds - this.#startSeconds) / this.#tickSeconds);
    return Math.max(0, Math.floor(Math.max(0, tick - 1) / this.#ticksPerPoint), this.#count - 1);
  }

  /** Adds the seconds that a tick covers to `point`. */
  cover(point: number, seconds: number): void {
    if (point >= this.#seconds.length) {
      this.#seconds = grown(this.#seconds, Math.max(point + 1, 2 * this.#seconds.length));
    }
    this.#count = Math.max(this.#count, point + 1);
    this.#seconds[point]! += seconds;
  }

  /** Seconds of a point that ticks covered. */
  seconds(point: number): number {
    return this.#seconds[point] ?? 0;
  }

  /** Two points become one. */
  halve(): void {
    const count = Math.ceil(this.#count / 2);
    for (let point = 0; point < count; point++) {
      this.#seconds[point] = this.seconds(2 * point) + this.seconds(2 * point + 1);
    }
    this.#seconds.fill(0, count);
    this.#count = count;
    this.#ticksPerPoint *= 2;
  }
}
