/** Idle rows (never run, or idle for long) whose `stat` stays open. Beyond this, `stat` is opened for each read. */
export const FOR_RESTING = 1024;

/**
 * How many descriptors the rows may hold. A row's `stat` is its identity and comes first, so its other files may use
 * only part of the budget. Each held descriptor also costs about 4.5 KB of kernel memory.
 */
export class DescriptorBudget {
  #held = 0;
  #isShort = false;
  readonly #forIdentities: number;
  readonly #forCounters: number;

  /** `most`: maximum number of held descriptors. */
  constructor(most: number) {
    this.#forIdentities = most;
    this.#forCounters = Math.floor(most * 0.75);
  }

  get mayHoldIdentity(): boolean {
    return this.#mayHold(this.#forIdentities);
  }

  /** For a row that is not expected to be read soon. */
  get mayHoldResting(): boolean {
    return this.#held < FOR_RESTING && this.mayHoldIdentity;
  }

  get mayHoldCounter(): boolean {
    return this.#mayHold(this.#forCounters);
  }

  /** Whether any row was denied a descriptor. */
  get isShort(): boolean {
    return this.#isShort;
  }

  took(): void {
    this.#held++;
  }

  gaveBack(): void {
    this.#held--;
  }

  #mayHold(most: number): boolean {
    if (this.#held < most) return true;
    this.#isShort = true;
    return false;
  }
}
