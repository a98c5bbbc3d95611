import { grown } from '../../sampling/grown.ts';

/**
 * Counts the ticks of idle rows, until they are active or the window closes: their values stay the same, and accessing their
 * distributions in every tick would cost more than counting. `Owner` has the distributions.
 */
export class IdleRows<Owner> {
  readonly #metrics: number;
  /** By slot: ticks as an idle row, and those of them that have rates; 0 for a row that is not idle. */
  #ticks = new Int32Array(0);
  #rateTicks = new Int32Array(0);
  /** By slot and metric. */
  #figures = new Float64Array(0);
  readonly #owner: (Owner | undefined)[] = [];

  constructor(metrics: number) {
    this.#metrics = metrics;
  }

  get capacity(): number {
    return this.#ticks.length;
  }

  grow(capacity: number): void {
    if (capacity <= this.capacity) return;
    this.#ticks = grown(this.#ticks, capacity);
    this.#rateTicks = grown(this.#rateTicks, capacity);
    this.#figures = grown(this.#figures, capacity * this.#metrics);
  }

  /** Counts another tick. False if the row was not idle before. */
  count(slot: number, hasRate: boolean): boolean {
    if (this.#ticks[slot] === 0) return false;
    this.#ticks[slot]!++;
    if (hasRate) this.#rateTicks[slot]!++;
    return true;
  }

  /** The row is idle from this tick on. */
  begin(slot: number, owner: Owner, columns: readonly Float64Array[], hasRate: boolean): void {
    this.#ticks[slot] = 1;
    this.#rateTicks[slot] = hasRate ? 1 : 0;
    this.#owner[slot] = owner;
    for (let m = 0; m < columns.length; m++) this.#figures[slot * this.#metrics + m] = columns[m]![slot]!;
  }

  /** Calls `take` for each metric of an idle row, and forgets the row. */
  end(
    slot: number,
    take: (owner: Owner, metric: number, figure: number, ticks: number, rateTicks: number) => void,
  ): void {
    const ticks = this.#ticks[slot]!;
    if (ticks === 0) return;
    this.#ticks[slot] = 0;
    const owner = this.#owner[slot]!;
    const rateTicks = this.#rateTicks[slot]!;
    for (let m = 0; m < this.#metrics; m++)
      take(owner, m, this.#figures[slot * this.#metrics + m]!, ticks, rateTicks);
  }
}
