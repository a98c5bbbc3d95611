/** `cutime` and `cstime` are each cut down to whole ticks of 10 ms when they are shown (proc_pid_stat(5)). */
export const REAPED_RESOLUTION_NANOS = 20_000_000;

/**
 * Keeps a child that had a row of its own from being booked again when its parent waits for it: the parent's counter
 * then grows by the child's whole life (`cutime + cstime`, and `/proc/PID/io`). One of these per counter, by slot.
 *
 * A balance is everything that the counter grew by since the row began, less the credits for children that had rows,
 * less what was booked. Sums are compared, never one tick with another: `cutime` and `cstime` are kept in nanoseconds
 * but shown in whole ticks, so a credit often comes long before the growth that it belongs to.
 *
 * Two bounds keep a wrong balance from lasting. A child whose row is gone has been waited for, so its parent's counter
 * shows it by the next reading, short of `resolution`: a larger debt is for a child that somebody else waited for, and
 * is dropped. A larger claim that found no room in the cgroup is for children that lived elsewhere, and is dropped too.
 */
export class ReapBalance {
  readonly #resolution: number;
  #balance = new Float64Array(0);
  /** Credits of the tick at hand: the growth may come with the next reading of the parent. */
  #fresh = new Float64Array(0);

  /** `resolution`: how far the counter as shown lags behind the kernel's own. */
  constructor(resolution: number) {
    this.#resolution = resolution;
  }

  /** Begins a tick, for slots up to `capacity`. */
  begin(capacity: number): void {
    if (this.#balance.length < capacity) {
      const balance = new Float64Array(capacity);
      balance.set(this.#balance);
      this.#balance = balance;
      this.#fresh = new Float64Array(capacity);
    } else this.#fresh.fill(0);
  }

  /** Another process has the slot. */
  forget(slot: number): void {
    this.#balance[slot] = 0;
  }

  /** A child of the row in `slot` has ended; `amount` is all that its ending adds to the counter and is booked already. */
  credit(slot: number, amount: number): void {
    this.#balance[slot]! -= amount;
    this.#fresh[slot]! += amount;
  }

  /** The balance of the row in `slot`: above zero it is still to be booked, below zero it is owed. */
  of(slot: number): number {
    return this.#balance[slot]!;
  }

  /** Whether a credit of this tick may be met by growth in the next. */
  isUnsettled(slot: number): boolean {
    return this.#fresh[slot]! > 0;
  }

  /** Takes the growth of the row's counter in this tick. Returns how much is now to be booked; never negative. */
  claim(slot: number, growth: number): number {
    this.#balance[slot]! += growth;
    return Math.max(0, this.#balance[slot]!);
  }

  /** `amount` of the claim was booked; what remains is kept within the bounds. */
  book(slot: number, amount: number): void {
    const balance = this.#balance[slot]! - amount;
    const least = -this.#resolution - this.#fresh[slot]!;
    this.#balance[slot] = Math.max(least, Math.min(this.#resolution, balance));
  }
}
