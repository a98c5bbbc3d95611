import { StatsAccount } from './summary-stats.ts';
import type { UnitCount } from './unit-census.ts';

/** The time between two readings of a unit. */
interface UnitInterval {
  /** 0: there is no rate. */
  readonly seconds: number;
  /** When it ended. */
  readonly atSeconds: number;
  /** What its rate of CPU is over. */
  readonly rateSeconds: number;
  /** It is long enough for rates that stand by themselves; else they count for means only. */
  readonly hasRate: boolean;
}

/** What the processes of one unit do together, over the sample intervals in which the unit was there. */
export class UnitTogether {
  /** By the unit's own counter where that is known, so what no row holds is in it. */
  readonly cpuPercent = new StatsAccount();
  /** Sum of RSS: pages that processes share are in it once for each. */
  readonly memory = new StatsAccount();
  readonly diskRate = new StatsAccount();
  readonly transferRate = new StatsAccount();
  readonly alive = new StatsAccount(true);
  /** Of the tick at hand: rows that stay, and those of them whose memory is known. */
  #rows = 0;
  #residentRows = 0;
  #residentBytes = 0;
  #isBytesKnown = false;
  #diskBytes = 0;
  #transferBytes = 0;

  /** Takes what a row read and wrote in the tick at hand; NaN where that is not known. */
  addBytes(diskBytes: number, transferBytes: number): void {
    if (Number.isNaN(diskBytes)) return;
    this.#isBytesKnown = true;
    this.#diskBytes += diskBytes;
    this.#transferBytes += transferBytes;
  }

  /** Takes what the rows are that are there after the tick at hand. */
  takeCount({ rows, residentRows, residentBytes, ioRows }: Readonly<UnitCount>): void {
    this.#rows = rows;
    this.#residentRows = residentRows;
    this.#residentBytes = residentBytes;
    // Those that rest read and wrote nothing.
    if (ioRows > 0) this.#isBytesKnown = true;
  }

  /** Of the tick at hand, as far as it is known. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  /** Ends a tick; `alive` is null where the unit is not there. Levels are what they are at any moment. */
  endTick(cpuSeconds: number, alive: number | null, interval: UnitInterval): void {
    if (interval.seconds > 0) this.#book(cpuSeconds, alive, interval);
    this.#isBytesKnown = false;
    this.#diskBytes = 0;
    this.#transferBytes = 0;
  }

  #book(
    cpuSeconds: number,
    alive: number | null,
    { seconds, atSeconds, rateSeconds, hasRate }: UnitInterval,
  ): void {
    // What it used to its end is booked with the tick that no longer finds it.
    if (alive !== null || cpuSeconds > 0)
      this.cpuPercent.add((100 * cpuSeconds) / rateSeconds, seconds, atSeconds, hasRate, 100 * cpuSeconds);
    if (this.#isBytesKnown) {
      this.diskRate.add(this.#diskBytes / seconds, seconds, atSeconds, hasRate);
      this.transferRate.add(this.#transferBytes / seconds, seconds, atSeconds, hasRate);
    }
    if (alive === null) return;
    this.alive.add(alive, seconds, atSeconds);
    if (this.#residentRows > 0 || this.#rows === 0) this.memory.add(this.#residentBytes, seconds, atSeconds);
  }
}
