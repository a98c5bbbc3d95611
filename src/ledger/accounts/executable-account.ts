import { IO_COUNTERS, IO_INDEX, type IoCounter } from '../../host/proc/io.ts';
import type { Deltas } from '../measuring/deltas.ts';
import { OTHER } from './other.ts';
import { SeriesBudget } from './series-budget.ts';

/** Cumulative values of all processes of one executable name in one unit, ended ones included. */
export class ExecutableAccount {
  readonly executable: string;
  /** The title, if processes are named by titles; null for processes without one. */
  readonly title: string | null;
  /** Start of its values; null: the start of its unit. */
  readonly sinceUnixMillis: number | null;
  /** End of the first window without a process or usage of this name; null while there is any. */
  idleSinceUnixMillis: number | null = null;
  /** Own and reaped CPU. */
  cpuSeconds = 0;
  /** Whether `io` of any of its processes was ever read. */
  bytesKnown = false;
  /** In the order of `IO_COUNTERS`. */
  readonly #bytes = new Float64Array(IO_COUNTERS.length);

  constructor(executable: string, title: string | null, sinceUnixMillis: number | null = null) {
    this.executable = executable;
    this.title = title;
    this.sinceUnixMillis = sinceUnixMillis;
  }

  /** Whether any of its processes used anything; a shell that immediately executes another program does not. */
  get hasUsed(): boolean {
    return this.cpuSeconds > 0 || this.ioBytes('readChars') + this.ioBytes('writeChars') > 0;
  }

  /** Bytes of a counter of `/proc/PID/io`. */
  ioBytes(counter: IoCounter): number {
    return this.#bytes[IO_INDEX[counter]]!;
  }

  /** Books the usage of a process of this name in a tick. */
  book(deltas: Deltas, slot: number): void {
    this.cpuSeconds += deltas.cpuSeconds[slot]! + deltas.reapedCpuSeconds[slot]!;
    if (!deltas.knowsBytes(slot)) return;
    this.bytesKnown = true;
    for (let i = 0; i < this.#bytes.length; i++) this.#bytes[i]! += deltas.io[i]![slot]!;
  }

  /** Books bytes of one of the counters of `/proc/PID/io`. */
  bookBytes(counter: IoCounter, bytes: number): void {
    this.bytesKnown = true;
    this.#bytes[IO_INDEX[counter]]! += bytes;
  }
}

/** Further names of one unit share one account, so that a unit that invents names cannot create ever more series. */
const MOST_NAMES = 200;
/** A name without processes for this long can be replaced by another. */
const IDLE_MILLIS = 3_600_000;

/**
 * The executable accounts of one unit: one for each name, as far as there is room. The first name and `other` always
 * have room; `other` contains all names without an account.
 */
export class ExecutableAccounts {
  readonly #byName = new Map<string, ExecutableAccount>();
  readonly #budget: SeriesBudget;
  /** Names that may have accounts of their own, one of them without asking. */
  #most: number;
  /** Names with series from the budget; while these are released, those to be reserved again. */
  #held = 0;
  #isReleased = false;
  #rest: ExecutableAccount | undefined;
  #windowEndUnixMillis: number | null = null;

  /** `hasSeries`: whether the unit has series; without them it has no names either. */
  constructor(budget = new SeriesBudget(), hasSeries = true) {
    this.#budget = budget;
    this.#most = hasSeries ? MOST_NAMES : 0;
  }

  of(executable: string, title: string | null = null): ExecutableAccount {
    const name = title === null ? executable : `${executable}\0${title}`;
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.idleSinceUnixMillis = null;
      return known;
    }
    if (executable === OTHER || !this.#makeRoom()) {
      this.#rest ??= new ExecutableAccount(OTHER, null);
      return this.#rest;
    }
    const account = new ExecutableAccount(executable, title, this.#windowEndUnixMillis);
    this.#byName.set(name, account);
    return account;
  }

  /** The account of names without one of their own; undefined if there are none. */
  get rest(): ExecutableAccount | undefined {
    return this.#rest;
  }

  /** A window was closed that contains all bookings so far. */
  windowClosed(endUnixMillis: number): void {
    this.#windowEndUnixMillis = endUnixMillis;
  }

  /** Names beyond the first that have series of their own. */
  get held(): number {
    return this.#held;
  }

  /** The unit is gone: returns the series of its names to the budget. */
  release(): void {
    this.#budget.releaseParts('executable', this.#held);
    this.#isReleased = true;
  }

  /** The unit is back, and the budget has reserved the series of its names. */
  resume(): void {
    this.#isReleased = false;
  }

  /** The unit is back without series. The sums of its names continue, because the folded series adds them up. */
  fold(): void {
    this.#most = 0;
  }

  *all(): Generator<ExecutableAccount, void, undefined> {
    yield* this.#byName.values();
    if (this.#rest !== undefined) yield this.#rest;
  }

  #makeRoom(): boolean {
    if (this.#byName.size === 0) return this.#most > 0;
    if (this.#byName.size < this.#most && (this.#isReleased || this.#budget.holdPart('executable'))) {
      this.#held++;
      return true;
    }
    return this.#most > 0 && this.#dropIdle();
  }

  /** Lets go of the name that nobody has had for longest, if that is long. Its sums end with the previous window. */
  #dropIdle(): boolean {
    let oldest: string | undefined;
    let oldestSince = Number.POSITIVE_INFINITY;
    const longAgo = (this.#windowEndUnixMillis ?? 0) - IDLE_MILLIS;
    for (const [name, { idleSinceUnixMillis: since }] of this.#byName) {
      if (since === null || since > longAgo || since >= oldestSince) continue;
      oldest = name;
      oldestSince = since;
    }
    return oldest !== undefined && this.#byName.delete(oldest);
  }
}
