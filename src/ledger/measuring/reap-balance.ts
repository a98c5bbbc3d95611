/**
 * Keeps a child that had a row of its own from being booked again when its parent waits for it: the parent's counter
 * then grows by the child's whole life (`cutime + cstime`, and `/proc/PID/io`). One of these a counter, by slot.
 *
 * A child seen to be gone gives its parent's row a credit of all that it was last read to have. What the parent's
 * counter grew beyond its credit is news: children that nobody saw, and the last stretch of those seen. Where the
 * parent was read before it waited, the credit comes first and the growth in the next tick: what is not yet used up
 * stands as a debt for one tick, no longer, since a child that was reaped elsewhere never comes.
 */
export class ReapBalance {
  #credit = new Float64Array(0);
  #debt = new Float64Array(0);

  /** Begins a tick with no credit, for slots up to `capacity`. */
  begin(capacity: number): void {
    if (this.#credit.length < capacity) {
      const debt = new Float64Array(capacity);
      debt.set(this.#debt);
      this.#debt = debt;
      this.#credit = new Float64Array(capacity);
    } else this.#credit.fill(0);
  }

  /** Another process has the slot. */
  forget(slot: number): void {
    this.#debt[slot] = 0;
  }

  /** A child of the row in `slot` is gone; `amount` is all that was read of it. */
  credit(slot: number, amount: number): void {
    this.#credit[slot]! += amount;
  }

  /**
   * What the row in `slot` still owes from the tick before: it waited for a child after it was last read. If it is
   * gone now, that stands in the counter of whoever waited for it.
   */
  owed(slot: number): number {
    return this.#debt[slot]!;
  }

  /** Whether the row in `slot` owes anything now. */
  isOwing(slot: number): boolean {
    return this.#debt[slot]! > 0;
  }

  /** What is news in `growth`, the row's counter's growth in this tick; never negative. */
  settle(slot: number, growth: number): number {
    const credit = this.#credit[slot]!;
    const news = growth - credit - this.#debt[slot]!;
    this.#debt[slot] = news < 0 ? Math.min(-news, credit) : 0;
    return Math.max(news, 0);
  }
}
