import type { Sample } from '../../sampling/sample.ts';

const NO_SLOT = -1;
const LEAST_BUCKETS = 64;

/**
 * Rows of a sample by PID: each target that contains a process has a row for it, and a PID may be used twice. A hash table
 * in reused columns, because a sample of ten thousand rows is indexed twice a second.
 */
export class RowsByPid {
  /** By the low bits of a PID: the youngest slot of such a PID. */
  #heads = new Int32Array(0);
  /** By slot: the next slot with the same low bits. */
  #next = new Int32Array(0);
  /** By slot. */
  #pids = new Int32Array(0);
  #indexed: Sample | undefined;
  #tick = -1;

  /** Indexes the rows of a sample, once. */
  index(now: Sample): void {
    // The same two objects alternate, so the tick is compared too.
    if (this.#indexed === now && this.#tick === now.tick) return;
    this.#indexed = now;
    this.#tick = now.tick;
    const { rows, slots, count } = now;
    this.#makeRoom(rows.capacity);
    const heads = this.#heads.fill(NO_SLOT);
    // Oldest first, so that lookups find the youngest row of a reused PID first.
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const pid = rows.pid[slot]!;
      const bucket = pid & (heads.length - 1);
      this.#pids[slot] = pid;
      this.#next[slot] = heads[bucket]!;
      heads[bucket] = slot;
    }
  }

  /** Youngest slot with that PID; below 0 if there is none. */
  first(pid: number): number {
    const { length } = this.#heads;
    return length === 0 ? NO_SLOT : this.#from(this.#heads[pid & (length - 1)]!, pid);
  }

  /** Next slot with the same PID; below 0 if there is none. */
  next(slot: number): number {
    return this.#from(this.#next[slot]!, this.#pids[slot]!);
  }

  #from(first: number, pid: number): number {
    let slot = first;
    while (slot >= 0 && this.#pids[slot] !== pid) slot = this.#next[slot]!;
    return slot;
  }

  #makeRoom(capacity: number): void {
    if (this.#next.length >= capacity) return;
    let buckets = LEAST_BUCKETS;
    while (buckets < capacity) buckets *= 2;
    this.#heads = new Int32Array(buckets);
    this.#next = new Int32Array(capacity);
    this.#pids = new Int32Array(capacity);
  }
}
