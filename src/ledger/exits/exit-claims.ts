import { addIoBytes, IO_COUNTERS, type IoBytes, type IoCounter, IoFields } from '../../host/proc/io.ts';
import type { ProcessExit } from '../../sampling/exit-records.ts';

/**
 * Ticks after which a claim expires: a child ends before it is waited for, and 10 ms of CPU show immediately or never.
 */
const CARRY_TICKS = 20;

/** Usage by the records of one name that is not booked yet. */
interface Claim {
  readonly name: string;
  /** Tick of the oldest record. */
  tick: number;
  count: number;
  cpuSeconds: number;
  /** Whether the name was already reported as having known bytes, possibly 0. */
  bytesAreKnown: boolean;
  readonly bytes: IoBytes;
}

const ROUNDING = 1e-9;

/** Books CPU to a name. */
export type CpuSink = (name: string, seconds: number) => void;
export type BytesSink = (name: string, column: IoCounter, bytes: number) => void;

/**
 * What one row's unseen descendants claim of the CPU and bytes that the row has reaped. Values of records are weights
 * only: the row's own counters determine the amount.
 */
export class ExitClaims {
  readonly #byName = new Map<string, Claim>();
  /** Final deltas of descendants that have rows: these stay with the row. */
  #seenTick = 0;
  #seenCount = 0;
  #seenSeconds = 0;

  get isEmpty(): boolean {
    return this.#byName.size === 0 && this.#seenCount === 0;
  }

  /** Adds an ended descendant without a row. */
  add(exit: ProcessExit, tick: number): void {
    const claim = this.#claimOf(exit.name, tick);
    claim.count++;
    claim.cpuSeconds += exit.cpuSeconds;
    addIoBytes(claim.bytes, exit);
  }

  /** Adds an ended descendant with a row; `cpuSeconds`: CPU after its last reading, as far as known. */
  addSeen(cpuSeconds: number, tick: number): void {
    if (this.#seenCount === 0) this.#seenTick = tick;
    this.#seenCount++;
    this.#seenSeconds += Math.max(0, cpuSeconds);
  }

  /** Takes over the claims on a row that has ended: its parent has waited for it and, through it, for its descendants. */
  inherit(other: ExitClaims): void {
    for (const claim of other.#byName.values()) {
      const own = this.#claimOf(claim.name, claim.tick);
      own.tick = Math.min(own.tick, claim.tick);
      own.count += claim.count;
      own.cpuSeconds += claim.cpuSeconds;
      addIoBytes(own.bytes, claim.bytes);
    }
    if (other.#seenCount === 0) return;
    this.#seenTick = this.#seenCount === 0 ? other.#seenTick : Math.min(this.#seenTick, other.#seenTick);
    this.#seenCount += other.#seenCount;
    this.#seenSeconds += other.#seenSeconds;
  }

  /** Drops expired claims: this row did not wait for the process that ended. */
  expire(tick: number): void {
    for (const [name, claim] of this.#byName) if (tick - claim.tick > CARRY_TICKS) this.#byName.delete(name);
    if (tick - this.#seenTick > CARRY_TICKS) this.#forgetSeen();
  }

  /**
   * Divides `seconds` that the row has reaped among the names, in proportion to their records, or equally by count if
   * all records show 0. Returns the CPU booked to names, at most the part `share`. The remainder belongs to descendants
   * with rows, or to lost records.
   */
  payCpu(seconds: number, share: number, sink: CpuSink): number {
    if (!(seconds > 0)) return 0;
    const all = [...this.#byName.values()].filter(({ count }) => count > 0);
    const due = all.filter((claim) => isDue(claim, seconds));
    const paid = due.length > 0 ? due : all;
    let weights = this.#seenSeconds;
    let counts = this.#seenCount;
    for (const claim of paid) {
      weights += claim.cpuSeconds;
      counts += claim.count;
    }
    let booked = 0;
    for (const claim of paid) {
      const part = weights > 0 ? claim.cpuSeconds / weights : claim.count / counts;
      const amount = Math.min(seconds * part * share, seconds - booked);
      if (amount > 0) {
        sink(claim.name, amount);
        booked += amount;
      }
      claim.count = 0;
      claim.cpuSeconds = 0;
      if (IO_COUNTERS.every((column) => claim.bytes[column] === 0)) this.#byName.delete(claim.name);
    }
    this.#forgetSeen();
    // A rounding remainder is not booked anywhere.
    return seconds - booked < seconds * ROUNDING ? seconds : booked;
  }

  /** Names not returned before; bytes of their row are known, so theirs are known too. */
  *namesOfNewBytes(): Generator<string, void, undefined> {
    for (const claim of this.#byName.values()) {
      if (claim.bytesAreKnown) continue;
      claim.bytesAreKnown = true;
      yield claim.name;
    }
  }

  /** Books to the names what they claim of the growth `bytes` of the row's counter; returns the booked bytes. */
  payBytes(column: IoCounter, bytes: number, sink: BytesSink): number {
    let left = bytes;
    for (const claim of this.#byName.values()) {
      if (!(left > 0)) break;
      const amount = Math.min(left, claim.bytes[column]);
      if (amount === 0) continue;
      claim.bytes[column] -= amount;
      left -= amount;
      sink(claim.name, column, amount);
    }
    return bytes - left;
  }

  #claimOf(name: string, tick: number): Claim {
    let claim = this.#byName.get(name);
    if (claim === undefined) {
      claim = {
        name,
        tick,
        count: 0,
        cpuSeconds: 0,
        bytesAreKnown: false,
        bytes: new IoFields(),
      };
      this.#byName.set(name, claim);
    }
    return claim;
  }

  #forgetSeen(): void {
    this.#seenCount = 0;
    this.#seenSeconds = 0;
  }
}

/** Scheduler ticks at unfortunate times made records up to 2.8 times too high. */
const OVERSTATED = 3;
const GRAIN_SECONDS = 0.02;

/** Whether the row can have waited for the whole claim; otherwise a part of it will be waited for later. */
function isDue(claim: Claim, seconds: number): boolean {
  return claim.cpuSeconds <= seconds * OVERSTATED + GRAIN_SECONDS;
}
