import { IO_COUNTERS, IO_INDEX, type IoCounter } from '../../host/proc/io.ts';
import type { Deltas } from '../measuring/deltas.ts';
import { OTHER } from './other.ts';
import { SeriesBudget } from './series-budget.ts';

/** Cumulative figures of all processes of one executable name in one unit, the ended ones included. */
export class ExecutableAccount {
  readonly executable: string;
  /** Where processes are named by titles: theirs; null for those that have none. */
  readonly title: string | null;
  /** Since when it counts; null: as long as its unit. */
  readonly sinceUnixMillis: number | null;
  /** When a window first found nobody and nothing of this name; null while there is something. */
  idleSinceUnixMillis: number | null = null;
  /** Own and reaped. */
  cpuSeconds = 0;
  /** Whether any of its processes' `io` was ever known. */
  bytesKnown = false;
  /** In the order of `IO_COUNTERS`. */
  readonly #bytes = new Float64Array(IO_COUNTERS.length);

  constructor(executable: string, title: string | null, sinceUnixMillis: number | null = null) {
    this.executable = executable;
    this.title = title;
    this.sinceUnixMillis = sinceUnixMillis;
  }

  /** Whether any of its processes used anything; a shell that became another program at once did not. */
  get hasUsed(): boolean {
    return this.cpuSeconds > 0 || this.ioBytes('readChars') + this.ioBytes('writeChars') > 0;
  }

  /** Bytes of a counter of `/proc/PID/io`. */
  ioBytes(counter: IoCounter): number {
    return this.#bytes[IO_INDEX[counter]]!;
  }

  /** Books what a process of this name used in a tick. */
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

/** Names beyond this many in one unit share one account, so that a unit that makes up names cannot grow series. */
const MOST_NAMES = 200;
/** A name that nobody has had for so long leaves its place to another. */
const IDLE_MILLIS = 3_600_000;

/**
 * The executable accounts of one unit: one a name, as far as there is room. The first name has room in any case, and so has
 * `other`, which is all for which there is none.
 */
export class ExecutableAccounts {
  readonly #byName = new Map<string, ExecutableAccount>();
  readonly #budget: SeriesBudget;
  /** Names that may have accounts of their own, one of them without asking. */
  readonly #most: number;
  #held = 0;
  #rest: ExecutableAccount | undefined;
  #windowEndUnixMillis: number | null = null;

  /** `hasSeries`: whether the unit has series; one that has none has no names either. */
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

  /** What has no account of its own; undefined as long as all has. */
  get rest(): ExecutableAccount | undefined {
    return this.#rest;
  }

  /** A window has closed that holds all that was booked up to now. */
  windowClosed(endUnixMillis: number): void {
    this.#windowEndUnixMillis = endUnixMillis;
  }

  /** The unit is no more: its names leave their room to others. */
  release(): void {
    this.#budget.releaseParts('executable', this.#held);
    this.#held = 0;
  }

  *all(): Generator<ExecutableAccount, void, undefined> {
    yield* this.#byName.values();
    if (this.#rest !== undefined) yield this.#rest;
  }

  #makeRoom(): boolean {
    if (this.#byName.size === 0) return this.#most > 0;
    if (this.#byName.size < this.#most && this.#budget.holdPart('executable')) {
      this.#held++;
      return true;
    }
    return this.#dropIdle();
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
