/** `cutime` and `cstime` are counted in steps of this: less than this need not be looked for. */
const STEP_NANOS = 10_000_000;
/** Part of what a tick saw used that may be used while its rows are read, between their clocks and their cgroup's counter. */
const SKEW = 0.05;
/** With fewer members than this, their clocks cost no more than one more read of their cgroup's counter. */
const FEW_MEMBERS = 8;

/**
 * How much of one target's life must be read in a tick, by what its cgroup's own counter says. Nothing is lost by what
 * is not read: counters add up, and the next reading holds what was missed.
 */
export class InstanceActivity {
  /** Nothing ran since the members' clocks were last read: they need not be read. Zombies and children elsewhere may. */
  isStill = false;
  /** All that is used is in the members' own clocks, so nobody waited for a child: `stat` of a member that ran can wait. */
  isQuiet = false;
  readonly #coversMembers: boolean;
  /** The counter before the clocks were last read. */
  #usageAtClocks = Number.NaN;
  /** The counter after the tick before. */
  #usageBefore = Number.NaN;
  /** What the members used in this tick, by their own clocks. */
  #ownNanos = 0;
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

  /** Begins a tick. `usageSeconds`: the counter now, before the clocks are read; NaN where it was not read. */
  begin(usageSeconds: number, readsAll: boolean): void {
    this.isStill = !readsAll && usageSeconds === this.#usageAtClocks;
    this.isQuiet = !readsAll && this.#mayBeQuiet;
    this.#usageAtClocks = usageSeconds;
    this.#ownNanos = 0;
  }

  /** A member's clock moved on. */
  ran(nanos: number): void {
    this.#ownNanos += nanos;
  }

  /** A member came, left or ended: whoever waited for it is to be read in the next tick. */
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
    this.#hasChanged = false;
  }
}
