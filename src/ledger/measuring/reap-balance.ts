import { grown } from '../../sampling/grown.ts';
/** `cutime` and `cstime` are each truncated to whole ticks of 10 ms when they are read (proc_pid_stat(5)). */
export const REAPED_RESOLUTION_NANOS = 20_000_000;

/**
 * Prevents double booking of a child that had a row of its own: when its parent waits for it, the parent's counter
 * grows by the child's whole usage (`cutime + cstime`, and `/proc/PID/io`). One balance per counter, by slot.
 *
 * A balance is the growth of the counter since the row began, less the credits for children that had rows, less the
 * bookings. Sums are compared, not single ticks: the kernel keeps `cutime` and `cstime` in nanoseconds but shows whole
 * ticks, so a credit often comes long before the corresponding growth.
 *
 * Two bounds keep a wrong balance from lasting. A child whose row is gone has been waited for, so its parent's counter
 * shows it by the next reading, to within `resolution`: a larger debt belongs to a child that another process waited
 * for, and is dropped. A larger claim that found no room in the cgroup belongs to children that ran elsewhere, and is
 * dropped too.
 */
export class ReapBalance {
  readonly #resolution: number;
  #balance = new Float64Array(0);
  /** Credits of the current tick: the growth may come with the next reading of the parent. */
  #fresh = new Float64Array(0);

  /** `resolution`: how far the visible counter lags behind the kernel's own. */
  constructor(resolution: number) {
    this.#resolution = resolution;
  }

  /** Begins a tick, for slots up to `capacity`. */
  begin(capacity: number): void {
    if (this.#balance.length < capacity) {
      this.#balance = grown(this.#balance, capacity);
      this.#fresh = new Float64Array(capacity);
    } else this.#fresh.fill(0);
  }

  /** Resets the slot for a new process. */
  forget(slot: number): void {
    this.#balance[slot] = 0;
  }

  /**
   * Credits the end of a child of the row in `slot`; `amount`: the part of the counter's growth that is already booked.
   */
  credit(slot: number, amount: number): void {
    this.#balance[slot]! -= amount;
    this.#fresh[slot]! += amount;
  }

  /** Balance of the row in `slot`: positive values are not booked yet, negative values are owed. */
  of(slot: number): number {
    return this.#balance[slot]!;
  }

  /** Whether growth in the next tick may meet a credit of this tick. */
  isUnsettled(slot: number): boolean {
    return this.#fresh[slot]! > 0;
  }

  /** Adds the growth of the row's counter in this tick. Returns the amount to book; never negative. */
  claim(slot: number, growth: number): number {
    this.#balance[slot]! += growth;
    return Math.max(0, this.#balance[slot]!);
  }

  /** Books `amount` of the claim; the remainder is kept within the bounds. */
  book(slot: number, amount: number): void {
    const balance = this.#balance[slot]! - amount;
    const least = -this.#resolution - this.#fresh[slot]!;
    this.#balance[slot] = Math.max(least, Math.min(this.#resolution, balance));
  }
}
