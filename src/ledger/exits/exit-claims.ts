import { addIoBytes, IO_COUNTERS, type IoBytes, type IoCounter, noIoBytes } from '../../host/proc/io.ts';
import type { ProcessExit } from '../../sampling/exit-records.ts';

/** Ticks for which a claim waits: a child ends before it is waited for, and 10 ms of CPU show at once or not at all. */
const CARRY_TICKS = 20;

/** What records of one name say that was used, and nobody has paid yet. */
interface Claim {
  readonly name: string;
  /** Tick of the oldest of them. */
  tick: number;
  count: number;
  cpuSeconds: number;
  /** Whether the name's bytes have been said to be known, be there any or none. */
  bytesAreKnown: boolean;
  readonly bytes: IoBytes;
}

const ROUNDING = 1e-9;

/** Takes what is booked to a name. */
export type CpuSink = (name: string, seconds: number) => void;
export type BytesSink = (name: string, column: IoCounter, bytes: number) => void;

/**
 * What one row's unseen descendants are to get of what the row says that it reaped. The figures of records are hints: how
 * much there is, only the row's own counters say.
 */
export class ExitClaims {
  readonly #byName = new Map<string, Claim>();
  /** Last stretches of descendants that have rows: these stay with the row. */
  #seenTick = 0;
  #seenCount = 0;
  #seenSeconds = 0;

  get isEmpty(): boolean {
    return this.#byName.size === 0 && this.#seenCount === 0;
  }

  /** A descendant without a row has ended. */
  add(exit: ProcessExit, tick: number): void {
    const claim = this.#claimOf(exit.name, tick);
    claim.count++;
    claim.cpuSeconds += exit.cpuSeconds;
    addIoBytes(claim.bytes, exit);
  }

  /** A descendant with a row has ended, `cpuSeconds` after it was last read, as far as that is known. */
  addSeen(cpuSeconds: number, tick: number): void {
    if (this.#seenCount === 0) this.#seenTick = tick;
    this.#seenCount++;
    this.#seenSeconds += Math.max(0, cpuSeconds);
  }

  /** Takes over the claims on a row that has ended: its parent has waited for it, and with it for them. */
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

  /** Drops claims that have waited too long: this row did not wait for the process that ended. */
  expire(tick: number): void {
    for (const [name, claim] of this.#byName) if (tick - claim.tick > CARRY_TICKS) this.#byName.delete(name);
    if (tick - this.#seenTick > CARRY_TICKS) this.#forgetSeen();
  }

  /**
   * Divides `seconds` that the row has reaped among the names, in proportion to what their records say, equally by
   * count where they all say nothing, and returns how much went to names: `share` of it at most. The rest is of
   * descendants with rows, or of records that were lost.
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
    // A remainder from rounding is booked nowhere.
    return seconds - booked < seconds * ROUNDING ? seconds : booked;
  }

  /** Names not yet returned whose row's bytes are known, so theirs are known, too. */
  *namesOfNewBytes(): Generator<string, void, undefined> {
    for (const claim of this.#byName.values()) {
      if (claim.bytesAreKnown) continue;
      claim.bytesAreKnown = true;
      yield claim.name;
    }
  }

  /** Gives the names what they claim of `bytes` that the row's counter grew by, and returns how much that was. */
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
        bytes: noIoBytes(),
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

/** Ticks sampled at the wrong moments made records say up to 2.8 times what was used. */
const OVERSTATED = 3;
const GRAIN_SECONDS = 0.02;

/** Whether the row can have waited for all of it: if not, some of it has yet to be waited for. */
function isDue(claim: Claim, seconds: number): boolean {
  return claim.cpuSeconds <= seconds * OVERSTATED + GRAIN_SECONDS;
}
