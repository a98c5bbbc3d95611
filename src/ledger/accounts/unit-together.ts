import { StatsAccount } from './summary-stats.ts';
import type { UnitCount } from './unit-census.ts';

/** The interval between two readings of a unit. */
interface UnitInterval {
  /** 0: no rate. */
  readonly seconds: number;
  /** End of the interval. */
  readonly atSeconds: number;
  /** Duration of the CPU rate. */
  readonly rateSeconds: number;
  /** Whether the interval is long enough for rates as samples; otherwise they count for means only. */
  readonly hasRate: boolean;
}

/** Statistics over all processes of one unit, for the intervals in which the unit existed. */
export class UnitTogether {
  /** By the unit's own counter if known, so CPU of no row is included. */
  readonly cpuPercent = new StatsAccount();
  /** Sum of RSS: shared pages count once for each process. */
  readonly memory = new StatsAccount();
  readonly diskRate = new StatsAccount();
  readonly transferRate = new StatsAccount();
  readonly alive = new StatsAccount(true);
  /** In the current tick: rows that stay, and those with known memory. */
  #rows = 0;
  #residentRows = 0;
  #residentBytes = 0;
  #isBytesKnown = false;
  #diskBytes = 0;
  #transferBytes = 0;

  /** Adds the bytes of a row in the current tick; NaN if unknown. */
  addBytes(diskBytes: number, transferBytes: number): void {
    if (Number.isNaN(diskBytes)) return;
    this.#isBytesKnown = true;
    this.#diskBytes += diskBytes;
    this.#transferBytes += transferBytes;
  }

  /** Takes the row counts at the end of the current tick. */
  takeCount({ rows, residentRows, residentBytes, ioRows }: Readonly<UnitCount>): void {
    this.#rows = rows;
    this.#residentRows = residentRows;
    this.#residentBytes = residentBytes;
    // Idle rows read and wrote nothing.
    if (ioRows > 0) this.#isBytesKnown = true;
  }

  /** In the current tick, as far as it is known. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  /** Ends a tick; `alive` is null if the unit is absent. Gauges are the values at the end of the tick. */
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
    // CPU used up to the unit's end is booked in the tick that no longer finds the unit.
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
