/** `cutime` and `cstime` are counted in steps of this: less than this need not be looked for. */
const STEP_NANOS = 10_000_000;
/** Part of what a tick saw used that may be used while its rows are read, between their clocks and their cgroup's counter. */
const SKEW = 0.05;
/**
 * By how much what a cgroup used and what its members' clocks say may differ, and both be taken for the same: about what
 * the kernel has not yet charged, which it does once a scheduler tick. Members that are not asked may have used that
 * much, all of them together, before all are asked.
 */
const UNASKED_NANOS = 1_000_000;
/** With fewer members than this, their clocks cost no more than one more read of their cgroup's counter. */
const FEW_MEMBERS = 8;

/**
 * Decides by the counter of its cgroup how much of one instance must be read in a tick. Skipped reads lose nothing:
 * counters add up, and the next reading includes what was skipped.
 */
export class InstanceActivity {
  /** Nothing ran since the members' clocks were last read: they need not be read. Zombies and children elsewhere may. */
  isStill = false;
  /** All that is used is in the members' own clocks, so nobody waited for a child: `stat` of a member that ran can wait. */
  isQuiet = false;
  /** Members that have not run recently need not be read, if `judge` finds so. */
  mayPassOver = false;
  /** It did: all that was used is in the clocks of the others. */
  passesOver = false;
  /** What was used is what the clocks of those who were members say: who came or left did not run here. */
  isAccountedFor = false;
  /** Members that have not run recently. */
  resting = 0;
  /** The tick in which nobody was listed, since nothing ran. */
  unlistedAtTick = -1;
  readonly #coversMembers: boolean;
  /** The counter before the clocks were last read. */
  #usageAtClocks = Number.NaN;
  /** The counter before all members' clocks were last read, and what they used since, by those that were. */
  #usageAtAllClocks = Number.NaN;
  #ownNanosSince = 0;
  /** The counter after the tick before. */
  #usageBefore = Number.NaN;
  /** What the members used in this tick, by their own clocks. */
  #ownNanos = 0;
  /** That, as far as it was read before anything else. */
  #aheadNanos = 0;
  /** What was used and is in no member's own clock, since every `stat` was last read. */
  #hiddenNanos = 0;
  #hasChanged = true;
  #mayBeQuiet = false;

  /** `coversMembers`: the counter is charged with all that any member uses. */
  constructor(coversMembers: boolean) {
    this.#coversMembers = coversMembers;
  }

  /** Whether the counter is worth a read before those of so many members. */
  asksForUsage(members: number): boolean {
    return this.#coversMembers && members >= FEW_MEMBERS;
  }

  /** Whether a member came, left or ended since the previous tick. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /**
   * Begins a tick. `usageSeconds`: the counter now, before the clocks are read; NaN where it was not read. `full`: every
   * row is read in it; `readsStat`: every row whose `stat` has waited.
   */
  begin(usageSeconds: number, full: boolean, readsStat: boolean): void {
    this.isStill = !full && usageSeconds === this.#usageAtClocks;
    this.isQuiet = !readsStat && this.#mayBeQuiet;
    this.mayPassOver = this.isQuiet && !this.isStill;
    this.passesOver = false;
    this.isAccountedFor = false;
    this.resting = 0;
    this.#aheadNanos = 0;
    this.#usageAtClocks = usageSeconds;
    this.#ownNanos = 0;
  }

  /** A member's clock moved on. */
  ran(nanos: number): void {
    this.#ownNanos += nanos;
  }

  /** By how much the clock of a recently active member moved on; these clocks are read first. */
  ranAhead(nanos: number): void {
    this.#aheadNanos += nanos;
  }

  /** Decides whether idle members can be skipped. `usageSeconds`: the counter, after the clocks of all others. */
  judge(usageSeconds: number): void {
    const used = (usageSeconds - this.#usageAtAllClocks) * 1e9;
    const unexplained = used - this.#ownNanosSince - this.#aheadNanos;
    // NaN is never within the bound.
    this.passesOver = unexplained <= UNASKED_NANOS;
    this.isAccountedFor = this.passesOver && unexplained >= -UNASKED_NANOS;
  }

  /** A member came, left or ended: the process that waited for it must be read in the next tick. */
  changed(): void {
    this.#hasChanged = true;
  }

  /** Ends a tick. `usageSeconds`: the counter after all was read. */
  end(usageSeconds: number): void {
    const hiddenNow = (usageSeconds - this.#usageBefore) * 1e9 - this.#ownNanos;
    this.#hiddenNanos = this.isQuiet ? this.#hiddenNanos + hiddenNow : 0;
    const bound = STEP_NANOS + SKEW * this.#ownNanos;
    // NaN is never within the bound.
    this.#mayBeQuiet =
      this.#coversMembers && !this.#hasChanged && hiddenNow <= bound && this.#hiddenNanos <= bound;
    this.#usageBefore = usageSeconds;
    if (this.isStill || this.passesOver) this.#ownNanosSince += this.#ownNanos;
    else {
      this.#usageAtAllClocks = this.#usageAtClocks;
      this.#ownNanosSince = 0;
    }
    this.#hasChanged = false;
  }
}
