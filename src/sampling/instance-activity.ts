/** Resolution of `cutime` and `cstime`; smaller differences are ignored. */
const STEP_NANOS = 10_000_000;
/**
 * CPU that may be used between reading the members' clocks and reading the cgroup's counter, as part of the tick's CPU.
 */
const SKEW = 0.05;
/**
 * Tolerated difference between the cgroup's counter and the sum of its members' clocks: about the CPU that the kernel
 * has not charged yet (it charges once a scheduler tick). Skipped members together may have used this much before all
 * members are read.
 */
const UNASKED_NANOS = 1_000_000;
const MICROS = 1e6;
/** With fewer members, reading their clocks costs no more than one more read of the cgroup's counter. */
const FEW_MEMBERS = 8;

/**
 * Decides by the cgroup's CPU counter how much of an instance must be read in a tick. Skipped reads lose nothing:
 * counters are cumulative, so the next read includes the skipped part.
 */
export class InstanceActivity {
  /**
   * Nothing ran since the members' clocks were last read, so they need not be read. Does not cover zombies and foreign
   * children.
   */
  isStill = false;
  /**
   * All CPU is in the members' own clocks, so no member waited for a child; reading `stat` of a member that ran can be
   * deferred.
   */
  isQuiet = false;
  /** Idle members can be skipped if `judge` confirms. */
  mayPassOver = false;
  /** `judge` confirmed: all CPU is in the clocks of the active members. */
  passesOver = false;
  /** The members' clocks account for the cgroup's CPU: processes that were moved in or out did not run here. */
  isAccountedFor = false;
  /** Number of members that have not run recently. */
  resting = 0;
  /** The tick in which the members were not listed because nothing ran. */
  unlistedAtTick = -1;
  /** The last tick in which the list of members was that of the listing before, and all of them had rows. */
  sameListAtTick = -1;
  /** Number of calls of `changed`. */
  changes = 0;
  readonly #coversMembers: boolean;
  /** Counter value before the clocks were last read. */
  #usageAtClocks = Number.NaN;
  /**
   * Counter value before all members' clocks were last read, and the CPU that members used since, by the clocks that
   * were read.
   */
  #usageAtAllClocks = Number.NaN;
  #ownNanosSince = 0;
  /** Counter value at the end of the previous tick. */
  #usageBefore = Number.NaN;
  /** CPU of the members in this tick, by their own clocks. */
  #ownNanos = 0;
  /** The same, times the microseconds from the sample's time to the read of the clock. */
  #ownNanosMicros = 0;
  /** Mean time of the clock reads of the previous tick, in microseconds after the sample's time. */
  #readMicrosBefore = 0;
  /** Estimated CPU that members used after their clocks were read and before the counter was read, in the previous tick. */
  #lateNanosBefore = 0;
  /** The part of it that was read ahead. */
  #aheadNanos = 0;
  /** CPU that is in no member's own clock, since `stat` of all members was last read. */
  #hiddenNanos = 0;
  #hasChanged = true;
  #mayBeQuiet = false;

  /** `coversMembers`: the counter includes all CPU of the members. */
  constructor(coversMembers: boolean) {
    this.#coversMembers = coversMembers;
  }

  /** Whether to read the counter before the clocks of this many members. */
  asksForUsage(members: number): boolean {
    return this.#coversMembers && members >= FEW_MEMBERS;
  }

  /**
   * Whether no member can have forked since the previous tick, because none ran. Valid after the rows of the tick are read and
   * the members are listed. `hasClocks`: the members' CPU is read from their clocks, to the nanosecond.
   */
  isIdle(hasClocks: boolean): boolean {
    if (this.#hasChanged || this.passesOver) return false;
    return this.isStill || (hasClocks && this.#ownNanos === 0);
  }

  /** Whether a member was added, left or ended since the previous tick. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /**
   * Begins a tick. `usageSeconds`: the counter before the clocks are read; NaN if it was not read. `full`: every row is
   * read in this tick. `readsStat`: deferred `stat` files are read as well.
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
    this.#ownNanosMicros = 0;
  }

  /** The clock of a member advanced by `nanos`; it was read `micros` microseconds after the sample's time. */
  ran(nanos: number, micros: number): void {
    this.#ownNanos += nanos;
    this.#ownNanosMicros += nanos * micros;
  }

  /** The clock of a recently active member advanced by `nanos`; these clocks are read first. */
  ranAhead(nanos: number): void {
    this.#aheadNanos += nanos;
  }

  /**
   * Decides whether idle members can be skipped. `usageSeconds`: the counter after the clocks of all active members
   * were read.
   */
  judge(usageSeconds: number): void {
    const used = (usageSeconds - this.#usageAtAllClocks) * 1e9;
    const unexplained = used - this.#ownNanosSince - this.#aheadNanos;
    // False for NaN.
    this.passesOver = unexplained <= UNASKED_NANOS;
    this.isAccountedFor = this.passesOver && unexplained >= -UNASKED_NANOS;
  }

  /** A member was added, left or ended: the process that waited for it must be read in the next tick. */
  changed(): void {
    this.#hasChanged = true;
    this.changes++;
  }

  /**
   * Ends a tick. `usageSeconds`: the counter after all reads of the tick, `micros` microseconds after the sample's time.
   * `intervalSeconds`: since the previous sample.
   */
  end(usageSeconds: number, micros: number, intervalSeconds: number): void {
    // Thousands of members take some time to read, and run during that time.
    const lateNanos = this.#lateNanos(micros, intervalSeconds);
    const hiddenNow =
      (usageSeconds - this.#usageBefore) * 1e9 - this.#ownNanos - (lateNanos - this.#lateNanosBefore);
    this.#lateNanosBefore = lateNanos;
    this.#hiddenNanos = this.isQuiet ? this.#hiddenNanos + hiddenNow : 0;
    const bound = STEP_NANOS + SKEW * this.#ownNanos;
    // False for NaN.
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

  /** Estimated CPU that members used between the reads of their clocks and that of the counter, at `micros`. */
  #lateNanos(micros: number, intervalSeconds: number): number {
    if (!(intervalSeconds > 0) || this.#ownNanos === 0) return 0;
    const readMicros = this.#ownNanosMicros / this.#ownNanos;
    const coveredMicros = intervalSeconds * MICROS + readMicros - this.#readMicrosBefore;
    this.#readMicrosBefore = readMicros;
    return coveredMicros > 0 ? (this.#ownNanos / coveredMicros) * (micros - readMicros) : 0;
  }
}
