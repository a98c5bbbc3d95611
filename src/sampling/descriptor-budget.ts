/** Descriptors kept for what is neither a process row nor a cgroup: sockets, files opened for one read. */
const RESERVE = 256;

/** As many rows that have never run, or rest for long, have their `stat` held: beyond that, it is opened for each read. */
const FOR_RESTING = 1024;

/**
 * How many descriptors the rows may hold. A row's `stat` is its identity and comes first, so its other files may use
 * only part of the budget. Each held descriptor also costs about 4.5 KB of kernel memory.
 */
export class DescriptorBudget {
  #held = 0;
  readonly #forIdentities: number;
  readonly #forCounters: number;

  /** Of `limit` descriptors, as many as `elsewhere` are promised to others. */
  constructor(limit: number, elsewhere: number) {
    const left = Math.max(0, limit - elsewhere);
    this.#forIdentities = left - Math.min(RESERVE, Math.ceil(left / 2));
    this.#forCounters = Math.floor(this.#forIdentities * 0.75);
  }

  get mayHoldIdentity(): boolean {
    return this.#held < this.#forIdentities;
  }

  /** Of a row of which nothing says that it is read soon. */
  get mayHoldResting(): boolean {
    return this.#held < FOR_RESTING && this.mayHoldIdentity;
  }

  get mayHoldCounter(): boolean {
    return this.#held < this.#forCounters;
  }

  took(): void {
    this.#held++;
  }

  gaveBack(): void {
    this.#held--;
  }
}
