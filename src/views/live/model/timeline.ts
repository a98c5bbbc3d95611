const FIRST_CAPACITY = 16;

/** Behaviour of a full timeline. */
export type WhenFull =
  /** Two points are merged: it covers the whole time, at decreasing resolution. */
  | 'coarsen'
  /** The oldest are dropped: it has the last points, each of one tick. */
  | 'forget';

/**
 * Values over time, in bounded memory: at most `most` points each (an even number), one per tick while there is
 * room. NaN is absent; missed ticks are absent points, so that time is to scale.
 */
export class Timeline {
  readonly #figures: number;
  readonly #most: number;
  readonly #whenFull: WhenFull;
  readonly #tickSeconds: number;
  #startSeconds = Number.NaN;
  /** Ticks in one point. */
  #ticksPerPoint = 1;
  /** The newest point, counted from the start; -1: none. */
  #newest = -1;
  /** Number of values in the mean of the newest point, by figure. */
  readonly #weights: Uint32Array;
  #capacity = FIRST_CAPACITY;
  /** Figure by figure, each a ring of points. */
  #values: Float32Array;

  constructor(figures: number, most: number, tickSeconds: number, whenFull: WhenFull) {
    this.#figures = figures;
    this.#most = most;
    this.#tickSeconds = tickSeconds;
    this.#whenFull = whenFull;
    this.#weights = new Uint32Array(figures);
    this.#values = new Float32Array(figures * this.#capacity);
  }

  /** Number of points up to a time. */
  lengthUntil(atSeconds: number): number {
    return Math.max(0, this.#lastUntil(atSeconds) + 1 - this.#first);
  }

  /** Seconds of one point. */
  get secondsPerPoint(): number {
    return this.#ticksPerPoint * this.#tickSeconds;
  }

  /** Adds one value of each figure; `atSeconds` never goes back. */
  add(atSeconds: number, values: ArrayLike<number>): void {
    if (this.#newest < 0) this.#startSeconds = atSeconds;
    let point = this.#pointAt(atSeconds);
    while (this.#whenFull === 'coarsen' && point >= this.#most) {
      this.#coarsen();
      point = this.#pointAt(atSeconds);
    }
    if (point > this.#newest) this.#begin(point);
    for (let figure = 0; figure < this.#figures; figure++) {
      const value = values[figure]!;
      if (Number.isNaN(value)) continue;
      const place = this.#placeOf(figure, this.#newest);
      const weight = ++this.#weights[figure]!;
      const mean = this.#values[place]!;
      this.#values[place] = weight === 1 ? value : mean + (value - mean) / weight;
    }
  }

  /** The value of a figure `back` points before the newest; NaN if absent. */
  at(figure: number, back: number): number {
    if (this.#newest - back < this.#first) return Number.NaN;
    return this.#values[this.#placeOf(figure, this.#newest - back)]!;
  }

  /**
   * The points of a figure up to a time, oldest first, on `columns` columns, the last point in the last. Where there are more
   * points than columns, a column has the highest of its points, so that a peak does not vanish.
   */
  resampled(figure: number, columns: number, untilSeconds: number): Float64Array {
    const shown = new Float64Array(columns).fill(Number.NaN);
    const perColumn = this.#pointsOn(columns, untilSeconds);
    const last = this.#lastUntil(untilSeconds);
    const lastColumn = Math.floor(last / perColumn);
    for (let point = this.#first; point <= last; point++) {
      const column = columns - 1 - (lastColumn - Math.floor(point / perColumn));
      if (column < 0) continue;
      const value = this.#values[this.#placeOf(figure, point)]!;
      if (!(shown[column]! >= value)) shown[column] = Number.isNaN(value) ? shown[column]! : value;
    }
    return shown;
  }

  /** Seconds that `resampled` covers on this many columns. */
  secondsOn(columns: number, untilSeconds: number): number {
    return columns * this.#pointsOn(columns, untilSeconds) * this.secondsPerPoint;
  }

  /** Points per column for this many columns, aligned to the start, so that the plot does not flicker as points arrive. */
  #pointsOn(columns: number, untilSeconds: number): number {
    return Math.max(1, Math.ceil(this.lengthUntil(untilSeconds) / columns));
  }

  /** The oldest existing point, counted from the start. */
  get #first(): number {
    return Math.max(0, this.#newest + 1 - this.#most);
  }

  /** The last point up to a time; before the first one, there is none. */
  #lastUntil(atSeconds: number): number {
    if (this.#newest < 0 || atSeconds === Number.POSITIVE_INFINITY) return this.#newest;
    return Math.min(this.#newest, this.#pointAt(atSeconds));
  }

  #pointAt(atSeconds: number): number {
    return Math.floor(Math.round((atSeconds - this.#startSeconds) / this.#tickSeconds) / this.#ticksPerPoint);
  }

  #begin(point: number): void {
    this.#grow(point);
    const from = Math.max(this.#newest + 1, point + 1 - this.#most);
    for (let figure = 0; figure < this.#figures; figure++) {
      for (let each = from; each <= point; each++) this.#values[this.#placeOf(figure, each)] = Number.NaN;
    }
    this.#newest = point;
    this.#weights.fill(0);
  }

  #placeOf(figure: number, point: number): number {
    return figure * this.#capacity + (point % this.#capacity);
  }

  #grow(point: number): void {
    if (point < this.#capacity || this.#capacity >= this.#most) return;
    let capacity = this.#capacity;
    while (capacity < this.#most && capacity <= point) capacity = Math.min(this.#most, capacity * 2);
    const larger = new Float32Array(this.#figures * capacity);
    for (let figure = 0; figure < this.#figures; figure++) {
      const start = figure * this.#capacity;
      larger.set(this.#values.subarray(start, start + this.#capacity), figure * capacity);
    }
    this.#values = larger;
    this.#capacity = capacity;
  }

  #coarsen(): void {
    for (let figure = 0; figure < this.#figures; figure++) {
      const start = figure * this.#capacity;
      for (let point = 0; point <= this.#newest; point += 2) {
        const first = this.#values[start + point]!;
        const second = point < this.#newest ? this.#values[start + point + 1]! : Number.NaN;
        this.#values[start + point / 2] = meanOf(first, second);
      }
    }
    this.#newest = Math.floor(this.#newest / 2);
    this.#ticksPerPoint *= 2;
    // The previous content of the newest point counts as one value.
    for (let figure = 0; figure < this.#figures; figure++) {
      this.#weights[figure] = Number.isNaN(this.#values[this.#placeOf(figure, this.#newest)]!) ? 0 : 1;
    }
  }
}

function meanOf(first: number, second: number): number {
  if (Number.isNaN(first)) return second;
  return Number.isNaN(second) ? first : (first + second) / 2;
}
