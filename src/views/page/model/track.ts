/** How two values of one point are merged: amounts are added, for extremes the highest or the lowest is kept. */
export type Join = 'sum' | 'max' | 'min';

const FIRST_CAPACITY = 16;

/**
 * Figures by point, from the first known point on. NaN is unknown; a figure without known values takes
 * no memory.
 */
export class Track {
  readonly #joins: readonly Join[];
  readonly #columns: (Float32Array | undefined)[];
  /** The first allocated point. */
  #from = 0;
  #end = 0;
  #capacity = 0;

  constructor(joins: readonly Join[]) {
    this.#joins = joins;
    this.#columns = joins.map(() => undefined);
  }

  /** Number of allocated values. */
  get size(): number {
    return this.#capacity * this.#columns.filter((column) => column !== undefined).length;
  }

  /** The first known point; `end` is the end of the known points, not included. */
  get from(): number {
    return this.#from;
  }

  get end(): number {
    return this.#end;
  }

  add(figure: number, point: number, value: number): void {
    if (Number.isNaN(value)) return;
    this.#reach(point);
    let column = this.#columns[figure];
    if (column === undefined) {
      column = new Float32Array(this.#capacity).fill(Number.NaN);
      this.#columns[figure] = column;
    }
    const at = point - this.#from;
    column[at] = joined(this.#joins[figure]!, column[at]!, value);
  }

  at(figure: number, point: number): number {
    return this.#columns[figure]?.[point - this.#from] ?? Number.NaN;
  }

  /** Merges another track, from a point on. */
  addAll(other: Track, from = 0): void {
    for (let figure = 0; figure < this.#joins.length; figure++) {
      if (other.#columns[figure] === undefined) continue;
      for (let point = Math.max(from, other.#from); point < other.#end; point++)
        this.add(figure, point, other.at(figure, point));
    }
  }

  /** Two points become one. */
  halve(): void {
    if (this.#capacity === 0) return;
    const from = Math.floor(this.#from / 2);
    const end = Math.ceil(this.#end / 2);
    const capacity = Math.max(FIRST_CAPACITY, end - from);
    for (const [figure, column] of this.#columns.entries()) {
      if (column === undefined) continue;
      const halved = new Float32Array(capacity).fill(Number.NaN);
      for (let point = from; point < end; point++) {
        const join = this.#joins[figure]!;
        halved[point - from] = joined(join, this.at(figure, 2 * point), this.at(figure, 2 * point + 1));
      }
      this.#columns[figure] = halved;
    }
    // All columns were read by the old index.
    this.#from = from;
    this.#end = end;
    this.#capacity = capacity;
  }

  #reach(point: number): void {
    if (this.#capacity === 0) {
      this.#from = point;
      this.#end = point;
    }
    const from = Math.min(this.#from, point);
    const end = Math.max(this.#end, point + 1);
    if (from < this.#from || end - from > this.#capacity) this.#resize(from, end);
    this.#end = end;
  }

  #resize(from: number, end: number): void {
    const capacity = Math.max(FIRST_CAPACITY, end - from, Math.ceil(1.5 * this.#capacity));
    for (const [figure, column] of this.#columns.entries()) {
      if (column === undefined) continue;
      const larger = new Float32Array(capacity).fill(Number.NaN);
      larger.set(column.subarray(0, this.#end - this.#from), this.#from - from);
      this.#columns[figure] = larger;
    }
    this.#from = from;
    this.#capacity = capacity;
  }
}

function joined(join: Join, one: number, other: number): number {
  if (Number.isNaN(one)) return other;
  if (Number.isNaN(other)) return one;
  return join === 'sum' ? one + other : join === 'max' ? Math.max(one, other) : Math.min(one, other);
}
