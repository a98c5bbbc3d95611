import type { Sample } from '../../sampling/sample.ts';

const NO_SLOT = -1;

/** Rows of a sample by PID: each target that contains a process has a row for it, and a PID may be used twice. */
export class RowsByPid {
  readonly #slotOf = new Map<number, number>();
  /** By slot: the next slot with the same PID. */
  #next = new Int32Array(0);
  #indexed: Sample | undefined;
  #tick = -1;

  /** Indexes the rows of a sample, once. */
  index(now: Sample): void {
    // The same two objects alternate, so the tick is compared too.
    if (this.#indexed === now && this.#tick === now.tick) return;
    this.#indexed = now;
    this.#tick = now.tick;
    const { rows, slots, count } = now;
    this.#slotOf.clear();
    if (this.#next.length < rows.capacity) this.#next = new Int32Array(rows.capacity);
    // Oldest first, so that lookups find the youngest row of a reused PID first.
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const pid = rows.pid[slot]!;
      this.#next[slot] = this.#slotOf.get(pid) ?? NO_SLOT;
      this.#slotOf.set(pid, slot);
    }
  }

  /** Youngest slot with that PID; below 0 if there is none. */
  first(pid: number): number {
    return this.#slotOf.get(pid) ?? NO_SLOT;
  }

  /** Next slot with the same PID; below 0 if there is none. */
  next(slot: number): number {
    return this.#next[slot]!;
  }
}
