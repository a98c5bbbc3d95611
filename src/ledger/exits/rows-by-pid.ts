import type { Sample } from '../../sampling/sample.ts';

const NO_SLOT = -1;

/** The rows of a sample by PID: each target that holds a process has a row of it, and a number may be used twice. */
export class RowsByPid {
  readonly #slotOf = new Map<number, number>();
  /** By slot: the next one with the same PID. */
  #next = new Int32Array(0);
  #indexed: Sample | undefined;
  #tick = -1;

  /** Takes the rows of a sample; of the same one again, nothing. */
  index(now: Sample): void {
    // Two samples take turns as objects.
    if (this.#indexed === now && this.#tick === now.tick) return;
    this.#indexed = now;
    this.#tick = now.tick;
    const { rows, slots, count } = now;
    this.#slotOf.clear();
    if (this.#next.length < rows.capacity) this.#next = new Int32Array(rows.capacity);
    // Oldest first, so that the youngest row of a number that was used twice is met first.
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const pid = rows.pid[slot]!;
      this.#next[slot] = this.#slotOf.get(pid) ?? NO_SLOT;
      this.#slotOf.set(pid, slot);
    }
  }

  /** A slot with that PID, the youngest first; below 0: there is none. */
  first(pid: number): number {
    return this.#slotOf.get(pid) ?? NO_SLOT;
  }

  /** The next one of the same PID; below 0: there is none. */
  next(slot: number): number {
    return this.#next[slot]!;
  }
}
