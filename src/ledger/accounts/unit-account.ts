import type { RemovedUsage, UnitOrigin } from '../../discovery/targets/targets.ts';
import { timeAfter, timeAfterAll, timeBefore } from '../../sampling/read-times.ts';
import type { InstanceReading, Sample } from '../../sampling/sample.ts';
import { secondsOfCores } from '../measuring/cpu-rate.ts';
import type { UnitUsage } from '../measuring/usage.ts';
import { CgroupAccount } from './cgroup-account.ts';
import { ExecutableAccounts } from './executable-account.ts';
import type { SeriesBudget } from './series-budget.ts';
import type { UnitCount } from './unit-census.ts';
import { UnitTogether } from './unit-together.ts';
import { UnitRangesAccount } from './window-ranges.ts';

/** `usage_usec` is cut down to microseconds, at the start of the watch and now; the clocks of processes are exact. */
export const ROUNDING_SECONDS = 2e-6;

const NONE_UNREAD: ReadonlySet<number> = new Set();

/** All that is booked to one unit, over all its instances. Seconds are of CPU. */
export class UnitAccount implements UnitUsage {
  unit: string;
  /** The name that it first had: an alias, or the text of a pattern. */
  readonly asked: string;
  readonly origin: UnitOrigin;
  /** Since when its figures count: the last sample before it could be followed, or the first of the run. */
  readonly sinceUnixMillis: number;
  /** Where its cgroup was when last seen. */
  cgroup: string | null = null;
  /** Instances, including the one found at the start and those that only kernel events reported. */
  instances = 0;
  present = false;
  /** Rows now alive. */
  processCount = 0;
  /** What its cgroups, and of ended ones their slice, say that it used; NaN while no instance had a counter. */
  totalSeconds = Number.NaN;
  /** Seconds that the rate of its CPU is over in the tick at hand: no less than what lies between two readings. */
  rateSeconds = 0;
  /** When its CPU was last read: at the latest, and at the earliest. */
  readAtSeconds = Number.NaN;
  #readFromSeconds = Number.NaN;
  /** Growth of `totalSeconds` in the tick at hand. */
  totalCpuSeconds = Number.NaN;
  /** Own CPU of rows, booked while they lived, and from their final counters. */
  liveSeconds = 0;
  exitedSeconds = 0;
  reapedSeconds = 0;
  /** Of what no row accounts for: the part that was reaped outside of the unit. */
  reapedOutsideSeconds = 0;
  /** What cgroups that ended together used, where it is not known which of them did: all that such a unit stands for. */
  sharedSeconds = 0;
  /** Bytes of dirty page cache that were dropped unwritten (proc_pid_io(5) `cancelled_write_bytes`); null: not known. */
  cancelledWriteBytes: number | null = null;
  readonly cgroupFigures: CgroupAccount;
  /** What its rows do together. */
  readonly together = new UnitTogether();
  #usedBefore = 0;
  /** Null where none are asked for. */
  readonly ranges: UnitRangesAccount | null;
  #unattributedBefore = 0;
  /** What is to be explained, and what could explain it, wait for each other for one tick. */
  #unexplained = 0;
  #explanation = 0;
  readonly executables: ExecutableAccounts;
  /** The unit in whose series it is, where it has none of its own; null where it has. */
  foldedAs: string | null = null;
  /** Whether there was room for series of its own. */
  readonly hasSeries: boolean;
  readonly #budget: SeriesBudget | undefined;
  /** Of `totalSeconds`: what lives that have ended used beyond what was read of them. */
  endedSeconds = 0;
  #unseenLives = 0;
  /** CPU seconds of each present instance at the last reading, by serial. */
  #readings = new Map<number, number>();
  /** Whether the counter of each instance that is there could be read in the tick at hand. */
  isCounterRead = true;
  /** Instances whose counter could not be read in the tick at hand, by serial. */
  #unread: ReadonlySet<number> = NONE_UNREAD;
  /** Of `totalSeconds`: what its rows used and no counter has shown so far. */
  #raisedSeconds = 0;

  /** Its series, and those of its names and devices, come out of `budget`; a unit of a pattern may find none left. */
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
    this.hasSeries = budget?.holdUnit(origin.kind !== 'matched') ?? true;
    // What a pattern stands for is several units together: neither their names nor their devices are kept separate.
    const hasParts = this.hasSeries && origin.kind !== 'pattern';
    this.executables = new ExecutableAccounts(budget, hasParts);
    this.cgroupFigures = new CgroupAccount(budget, hasParts);
    this.#budget = budget;
    this.ranges = keepsRanges ? new UnitRangesAccount() : null;
  }

  /** It leaves its place: its series leave their room to others. */
  release(): void {
    if (!this.hasSeries) return;
    this.executables.release();
    this.cgroupFigures.release();
    this.#budget?.releaseUnit();
  }

  /** Whether it is a pattern to which something is booked: units without a place of their own. */
  get isRest(): boolean {
    return this.origin.kind === 'pattern' && (this.instances > 0 || this.usedSeconds > 0);
  }

  /** Whether it is a pattern to which nothing is booked: all its units have places of their own, or it has found none. */
  get isEmptyPattern(): boolean {
    return this.origin.kind === 'pattern' && !this.isRest;
  }

  /** Whether it was ever there, or left something behind. */
  get wasThere(): boolean {
    return this.instances > 0 || this.endedSeconds > 0;
  }

  /** CPU booked to processes. */
  get attributedSeconds(): number {
    return this.liveSeconds + this.exitedSeconds + this.reapedSeconds;
  }

  /** All that is booked. */
  get bookedSeconds(): number {
    return this.attributedSeconds + this.sharedSeconds;
  }

  /** All that it used, as far as that is known. */
  get usedSeconds(): number {
    return Number.isNaN(this.totalSeconds) ? this.bookedSeconds : this.totalSeconds;
  }

  /** What its cgroup used and no row accounts for yet, to `ROUNDING_SECONDS`; NaN where the total is not known. */
  get roomSeconds(): number {
    return this.totalSeconds - this.attributedSeconds;
  }

  /** Null where the total is not known. */
  get unattributedSeconds(): number | null {
    return Number.isNaN(this.totalSeconds) ? null : Math.max(0, this.totalSeconds - this.bookedSeconds);
  }

  /**
   * Finds the cause of what is newly unattributed: at most `outsideSeconds` of it was reaped outside of the unit in
   * this tick. Outside parents wait for others, too, so what they had then explains nothing later.
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

  /** Attributed over total; null where the total is not known or nothing was used. */
  get coverage(): number | null {
    if (this.origin.kind === 'shared') return null;
    return coverageOf(this.attributedSeconds, this.totalSeconds);
  }

  /** Books what the unit's cgroups used since the tick before. */
  takeInstances(instances: readonly InstanceReading[]): void {
    const before = this.#readings;
    this.#readings = new Map();
    let unread = NONE_UNREAD;
    this.present = instances.length > 0;
    this.totalCpuSeconds = Number.NaN;
    this.isCounterRead = true;
    this.cgroupFigures.take(instances);
    for (const instance of instances) {
      this.cgroup = instance.cgroup;
      let earlier = before.get(instance.serial);
      if (earlier === undefined) {
        this.instances++;
        earlier = Number.isNaN(instance.startCpuSeconds) ? instance.cpuSeconds : instance.startCpuSeconds;
      }
      // A reading that fails leaves the previous one standing: the next that succeeds holds what was missed.
      if (Number.isNaN(instance.cpuSeconds)) {
        this.isCounterRead = false;
        unread = new Set([...unread, instance.serial]);
        this.#readings.set(instance.serial, earlier);
        continue;
      }
      this.#readings.set(instance.serial, instance.cpuSeconds);
      const used = Number.isNaN(earlier) ? 0 : Math.max(0, instance.cpuSeconds - earlier);
      this.#bookTotal(used, this.#unread.has(instance.serial));
    }
    this.#unread = unread;
  }

  /** Books what instances that have ended used beyond what was read of them, unseen instances included. */
  takeEnded({ cpuSeconds, unseenLives, figures }: RemovedUsage): void {
    this.cgroupFigures.takeEnded(figures);
    if (cpuSeconds > this.endedSeconds) {
      this.#bookTotal(cpuSeconds - this.endedSeconds, true);
      this.endedSeconds = cpuSeconds;
    }
    if (this.origin.kind === 'shared') this.sharedSeconds = this.usedSeconds;
    if (unseenLives <= this.#unseenLives) return;
    this.instances += unseenLives - this.#unseenLives;
    this.#unseenLives = unseenLives;
  }

  /** Takes what its rows are, once all of a tick is booked. */
  takeCount(count: Readonly<UnitCount>): void {
    this.processCount = count.alive;
    this.together.takeCount(count);
  }

  /**
   * Ends a tick once all is booked. `before` is null in the first, which has no rate; the rate of one that is over less than
   * `leastRateSeconds` counts for means only.
   */
  endTick(
    now: Sample,
    before: Sample | null,
    instances: readonly InstanceReading[],
    leastRateSeconds: number,
  ): void {
    // What cgroups shared was used some time before their removal was noticed: it has no rate.
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

  /** Notes when its CPU was read: that of its cgroups, or of all rows where no cgroup counts it. */
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
    // What a counter that could not be read missed is in its next reading.
    if (this.isCounterRead) this.#readFromSeconds = isCounted ? earliest : timeBefore(now, 1);
  }

  /**
   * Where rows are known to have used more than any counter has shown (the cgroup was removed before its counter could be
   * read), the total is at least that. Counters that show it later add nothing for it.
   */
  raiseTotal(): void {
    const missing = this.attributedSeconds - this.totalSeconds;
    if (this.isCounterRead || !(missing > ROUNDING_SECONDS)) return;
    this.#raisedSeconds += missing;
    this.#addTotal(missing);
  }

  /** `showsMissed`: what was raised before may be in it. */
  #bookTotal(used: number, showsMissed: boolean): void {
    // Until now nothing bounded what its rows are booked.
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

/** Share of `totalSeconds` that is attributed; null where nothing was used, or the total is not known. */
export function coverageOf(attributedSeconds: number, totalSeconds: number): number | null {
  return totalSeconds > 0 ? Math.min(1, attributedSeconds / totalSeconds) : null;
}
