import type { RemovedUsage, UnitOrigin } from '../../discovery/targets/targets.ts';
import { timeAfter, timeAfterAll, timeBefore } from '../../sampling/read-times.ts';
import type { InstanceReading, Sample } from '../../sampling/sample.ts';
import { secondsOfCores } from '../measuring/cpu-rate.ts';
import type { UnitUsage } from '../measuring/usage.ts';
import { CgroupAccount, keepPresent } from './cgroup-account.ts';
import { ExecutableAccounts } from './executable-account.ts';
import type { SeriesBudget } from './series-budget.ts';
import type { UnitCount } from './unit-census.ts';
import { UnitTogether } from './unit-together.ts';
import { UnitRangesAccount } from './window-ranges.ts';

/** `usage_usec` is truncated to microseconds, at the start of the run and now; the clocks of processes are exact. */
export const ROUNDING_SECONDS = 2e-6;

const NONE_UNREAD: ReadonlySet<number> = new Set();

/** Everything that is booked to one unit, over all its instances. Seconds are CPU seconds. */
export class UnitAccount implements UnitUsage {
  unit: string;
  /** The requested name: an alias, or the text of a pattern. */
  readonly asked: string;
  readonly origin: UnitOrigin;
  /** Start of its values: the last sample before the unit was followed, or the first of the run. */
  readonly sinceUnixMillis: number;
  /** Its cgroup path when last seen. */
  cgroup: string | null = null;
  /** Number of instances, including the one found at the start and those known only from kernel events. */
  instances = 0;
  present = false;
  /** Number of living rows. */
  processCount = 0;
  /** CPU by the counters of its cgroups and, for ended ones, of their slice; NaN while no instance had a counter. */
  totalSeconds = Number.NaN;
  /** Duration of its CPU rate in the current tick: at least the time between two readings. */
  rateSeconds = 0;
  /** Latest and earliest possible time of the last CPU reading. */
  readAtSeconds = Number.NaN;
  #readFromSeconds = Number.NaN;
  /** Growth of `totalSeconds` in the current tick. */
  totalCpuSeconds = Number.NaN;
  /** Own CPU of rows: while alive, and from their final counters. */
  liveSeconds = 0;
  exitedSeconds = 0;
  reapedSeconds = 0;
  /** Part of the unattributed CPU that was reaped outside of the unit. */
  reapedOutsideSeconds = 0;
  /** CPU of cgroups that ended together, which cannot be assigned to one of them: the only value of a shared unit. */
  sharedSeconds = 0;
  /** Bytes of dirty page cache that were dropped unwritten (proc_pid_io(5) `cancelled_write_bytes`); null if unknown. */
  cancelledWriteBytes: number | null = null;
  readonly cgroupFigures: CgroupAccount;
  /** Statistics of its rows together. */
  readonly together = new UnitTogether();
  #usedBefore = 0;
  /** Null if not requested. */
  readonly ranges: UnitRangesAccount | null;
  #unattributedBefore = 0;
  /** Unattributed CPU and its possible explanations are carried over by one tick, because either may come first. */
  #unexplained = 0;
  #explanation = 0;
  readonly executables: ExecutableAccounts;
  /** Name of the series that includes this unit, if it has none of its own; else null. */
  foldedAs: string | null = null;
  /** Whether the budget has room for series of its own. A unit that is gone returns them (`release`). */
  #hasSeries: boolean;
  readonly #budget: SeriesBudget | undefined;
  /** Part of `totalSeconds` that ended instances used beyond their last reading. */
  endedSeconds = 0;
  #unseenInstances = 0;
  /** Number of ticks in which anything was booked to ended instances. */
  endedBookings = 0;
  /** Last reading of each present instance in CPU seconds, by serial. */
  readonly #readings = new Map<number, number>();
  /** Whether the counters of all present instances were read in the current tick. */
  isCounterRead = true;
  /** Serials of instances whose counter could not be read in the current tick. */
  #unread: ReadonlySet<number> = NONE_UNREAD;
  /** Part of `totalSeconds` that its rows used but no counter has shown so far. */
  #raisedSeconds = 0;

  /** Takes its series, and those of its names and devices, from `budget`; a unit found by a pattern may get none. */
  constructor(
    unit: string,
    origin: UnitOrigin,
    sinceUnixMillis: number,
    budget?: SeriesBudget,
    keepsRanges = false,
  ) {
    this.sinceUnixMillis = sinceUnixMillis;
    this.unit = unit;
    this.asked = unit;
    this.origin = origin;
    this.#hasSeries = budget?.holdUnit(origin.kind !== 'matched') ?? true;
    // The unit of a pattern combines several units: it has no names and devices of its own.
    const hasParts = this.#hasSeries && origin.kind !== 'pattern';
    this.executables = new ExecutableAccounts(budget, hasParts);
    this.cgroupFigures = new CgroupAccount(budget, hasParts);
    this.#budget = budget;
    this.ranges = keepsRanges ? new UnitRangesAccount() : null;
  }

  get hasSeries(): boolean {
    return this.#hasSeries;
  }

  /** Returns its series to the budget. */
  release(): void {
    if (!this.#hasSeries) return;
    this.#hasSeries = false;
    this.executables.release();
    this.cgroupFigures.release();
    this.#budget?.releaseUnit();
  }

  /** Reserves released series again. False if other units have them: the unit is to be folded from now on. */
  resume(): boolean {
    if (this.#hasSeries || this.foldedAs !== null) return true;
    const { executables, cgroupFigures } = this;
    this.#hasSeries = this.#budget?.holdReturned(executables.held, cgroupFigures.heldDevices) ?? true;
    for (const parts of [executables, cgroupFigures]) {
      if (this.#hasSeries) parts.resume();
      else parts.fold();
    }
    return this.#hasSeries;
  }

  /** Whether it is a pattern with bookings, from units without a slot of their own. */
  get isRest(): boolean {
    return this.origin.kind === 'pattern' && (this.instances > 0 || this.usedSeconds > 0);
  }

  /** Whether it is a pattern without bookings: all its units have slots of their own, or it matched none. */
  get isEmptyPattern(): boolean {
    return this.origin.kind === 'pattern' && !this.isRest;
  }

  /** Whether it ever existed, or ended instances of it are known. */
  get wasThere(): boolean {
    return this.instances > 0 || this.endedSeconds > 0;
  }

  /** CPU booked to processes. */
  get attributedSeconds(): number {
    return this.liveSeconds + this.exitedSeconds + this.reapedSeconds;
  }

  /** All booked CPU. */
  get bookedSeconds(): number {
    return this.attributedSeconds + this.sharedSeconds;
  }

  /** All CPU that it is known to have used. */
  get usedSeconds(): number {
    return Number.isNaN(this.totalSeconds) ? this.bookedSeconds : this.totalSeconds;
  }

  /** CPU of its cgroup that no row accounts for yet, to `ROUNDING_SECONDS`; NaN if the total is unknown. */
  get roomSeconds(): number {
    return this.totalSeconds - this.attributedSeconds;
  }

  /** Null if the total is unknown. */
  get unattributedSeconds(): number | null {
    return Number.isNaN(this.totalSeconds) ? null : Math.max(0, this.totalSeconds - this.bookedSeconds);
  }

  /**
   * Assigns a cause to newly unattributed CPU: at most `outsideSeconds` of it was reaped outside of the unit in this
   * tick. Outside parents wait for other processes too, so an unused remainder explains nothing later.
   */
  explainUnattributed(outsideSeconds: number): void {
    const unattributed = this.unattributedSeconds ?? 0;
    const news = Math.max(0, unattributed - this.#unattributedBefore);
    const explained = Math.min(news + this.#unexplained, outsideSeconds + this.#explanation);
    this.reapedOutsideSeconds = Math.min(unattributed, this.reapedOutsideSeconds + explained);
    this.#unexplained = Math.max(0, news - Math.max(0, explained - this.#unexplained));
    this.#explanation = Math.max(0, outsideSeconds - Math.max(0, explained - this.#explanation));
    this.#unattributedBefore = unattributed;
  }

  /** Attributed over total; null if the total is unknown or zero. */
  get coverage(): number | null {
    if (this.origin.kind === 'shared') return null;
    return coverageOf(this.attributedSeconds, this.totalSeconds);
  }

  /** Books the CPU of the unit's cgroups since the previous tick. */
  takeInstances(instances: readonly InstanceReading[]): void {
    const readings = this.#readings;
    let unread = NONE_UNREAD;
    this.present = instances.length > 0;
    this.totalCpuSeconds = Number.NaN;
    this.isCounterRead = true;
    this.cgroupFigures.take(instances);
    for (const instance of instances) {
      this.cgroup = instance.cgroup;
      let earlier = readings.get(instance.serial);
      if (earlier === undefined) {
        this.instances++;
        earlier = Number.isNaN(instance.startCpuSeconds) ? instance.cpuSeconds : instance.startCpuSeconds;
      }
      // A failed reading leaves the previous one in place: the next successful reading includes the missed part.
      if (Number.isNaN(instance.cpuSeconds)) {
        this.isCounterRead = false;
        unread = new Set([...unread, instance.serial]);
        readings.set(instance.serial, earlier);
        continue;
      }
      readings.set(instance.serial, instance.cpuSeconds);
      const used = Number.isNaN(earlier) ? 0 : Math.max(0, instance.cpuSeconds - earlier);
      this.#bookTotal(used, this.#unread.has(instance.serial));
    }
    this.#unread = unread;
    keepPresent(readings, instances);
  }

  /** Books what ended instances used beyond their last reading, including instances that no sample saw. */
  takeEnded({ cpuSeconds, unseenInstances, figures }: RemovedUsage): void {
    const counted = this.cgroupFigures.takeEnded(figures);
    const used = cpuSeconds - this.endedSeconds;
    const begun = unseenInstances - this.#unseenInstances;
    if (used > 0) {
      this.#bookTotal(used, true);
      this.endedSeconds = cpuSeconds;
    }
    if (begun > 0) {
      this.instances += begun;
      this.#unseenInstances = unseenInstances;
    }
    if (this.origin.kind === 'shared') this.sharedSeconds = this.usedSeconds;
    if (counted || used > 0 || begun > 0) this.endedBookings++;
  }

  /** Takes the row counts of the tick, once all of it is booked. */
  takeCount(count: Readonly<UnitCount>): void {
    this.processCount = count.alive;
    this.together.takeCount(count);
  }

  /**
   * Ends a tick after all bookings. `before` is null in the first tick, which has no rate. A rate over less than
   * `leastRateSeconds` counts for means only.
   */
  endTick(
    now: Sample,
    before: Sample | null,
    instances: readonly InstanceReading[],
    leastRateSeconds: number,
  ): void {
    // Shared CPU was used some time before the removal of its cgroups was noticed: it has no rate.
    if (this.origin.kind === 'shared') return;
    const readAt = this.readAtSeconds;
    const readFrom = this.#readFromSeconds;
    this.#noteReading(now, instances);
    const start = before?.atSeconds ?? Number.NaN;
    const seconds = before === null ? 0 : this.readAtSeconds - (Number.isNaN(readAt) ? start : readAt);
    const { usedSeconds, together } = this;
    const cpuSeconds = Math.max(0, usedSeconds - this.#usedBefore);
    this.#usedBefore = usedSeconds;
    const span = before === null ? 0 : this.readAtSeconds - (Number.isNaN(readFrom) ? start : readFrom);
    this.rateSeconds = span > 0 ? secondsOfCores(cpuSeconds, span) : 0;
    const rateSeconds = this.rateSeconds >= leastRateSeconds ? this.rateSeconds : 0;
    this.ranges?.endTick(cpuSeconds, together.residentBytes, rateSeconds, this.present);
    together.endTick(cpuSeconds, this.present ? this.processCount : null, {
      seconds,
      atSeconds: now.atSeconds,
      rateSeconds: this.rateSeconds,
      hasRate: rateSeconds > 0,
    });
  }

  /** Records when its CPU was read: that of its cgroups, or of all rows if no cgroup counts it. */
  #noteReading(now: Sample, instances: readonly InstanceReading[]): void {
    let earliest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    for (const { cpuSeconds, stamp = 0 } of instances) {
      if (Number.isNaN(cpuSeconds)) continue;
      earliest = Math.min(earliest, timeBefore(now, stamp));
      latest = Math.max(latest, timeAfter(now, stamp));
    }
    const isCounted = latest > Number.NEGATIVE_INFINITY;
    this.readAtSeconds = isCounted ? latest : timeAfterAll(now);
    // The next reading includes what an unreadable counter missed.
    if (this.isCounterRead) this.#readFromSeconds = isCounted ? earliest : timeBefore(now, 1);
  }

  /**
   * Raises the total to what its rows are known to have used, if a cgroup was removed before its counter could be read.
   * Counters that show this CPU later add nothing for it.
   */
  raiseTotal(): void {
    const missing = this.attributedSeconds - this.totalSeconds;
    if (this.isCounterRead || !(missing > ROUNDING_SECONDS)) return;
    this.#raisedSeconds += missing;
    this.#addTotal(missing);
  }

  /** `showsMissed`: `used` may include CPU by which the total was raised earlier. */
  #bookTotal(used: number, showsMissed: boolean): void {
    // Until now the bookings of its rows had no bound.
    if (Number.isNaN(this.totalSeconds)) this.#raisedSeconds = this.totalSeconds = this.attributedSeconds;
    const shown = showsMissed ? Math.min(used, this.#raisedSeconds) : 0;
    this.#raisedSeconds -= shown;
    this.#addTotal(used - shown);
  }

  #addTotal(seconds: number): void {
    this.totalCpuSeconds = (Number.isNaN(this.totalCpuSeconds) ? 0 : this.totalCpuSeconds) + seconds;
    this.totalSeconds += seconds;
  }
}

/** Attributed share of `totalSeconds`; null if the total is unknown or zero. */
export function coverageOf(attributedSeconds: number, totalSeconds: number): number | null {
  return totalSeconds > 0 ? Math.min(1, attributedSeconds / totalSeconds) : null;
}
