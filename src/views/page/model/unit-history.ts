import { nullableGrowth } from '../../../host/nullable.ts';
import type { UnitAccount } from '../../../ledger/accounts/unit-account.ts';
import type { RunExited } from '../../../ledger/document/run-document.ts';
import { addUsed, type Life, type TickLength } from './life.ts';
import { LifeFolds } from './life-folds.ts';
import { NamedTracks } from './named-tracks.ts';
import { PAGE_MARKS, type PageMarkKind } from './page-model.ts';
import type { Points } from './points.ts';
import { UNIT_FIGURE_NAMES, UNIT_FIGURES, type UnitFigure } from './series.ts';
import { type Join, Track } from './track.ts';

export type UnitHistoryFigure = UnitFigure | PageMarkKind;
const NAMES: readonly UnitHistoryFigure[] = [...UNIT_FIGURE_NAMES, ...PAGE_MARKS];
const PLACE = Object.fromEntries(NAMES.map((name, at) => [name, at])) as Record<UnitHistoryFigure, number>;
/** Events are counted. */
const JOINS: readonly Join[] = [
  ...Object.values(UNIT_FIGURES).map(({ join }) => join),
  ...PAGE_MARKS.map(() => 'sum' as const),
];

/** Smaller amounts are errors of clocks and are not moved back. */
const LEAST_CLAIM_SECONDS = 1e-6;

/** Cgroup counters shown over time. Two readings may be many ticks apart. */
const STALLS = {
  throttled: 'throttledSeconds',
  cpuPressure: 'cpuPressureSomeSeconds',
  memoryPressure: 'memoryPressureSomeSeconds',
  ioPressure: 'ioPressureSomeSeconds',
} as const;
const EVENTS = { oomKill: 'memoryOomKills', memoryLimit: 'memoryMaxEvents' } as const;

/** One unit over time: its totals, its events, and its processes. */
export class UnitHistory {
  readonly account: UnitAccount;
  readonly track = new Track(JOINS);
  /** Processes without tracks of their own, by name. */
  readonly others = new NamedTracks();
  readonly lives: Life[] = [];
  /** Processes that ended unseen. */
  readonly folds = new LifeFolds();
  #usedSeconds = 0;
  #reapedSeconds = 0;
  /** Own CPU of its processes in the current tick. */
  #rowSeconds = 0;
  /** Unseen exits by name, up to the previous tick; and their CPU in the current tick. */
  readonly #unseen = new Map<string, RunExited>();
  #namedSeconds = 0;
  #instances = 0;
  #wasPresent = false;
  #isFirst = true;
  readonly #counters = new Map<string, number>();
  /** The point after the one in which its cgroup was last read. */
  #readFrom = 0;
  #changedFrom = Number.POSITIVE_INFINITY;

  constructor(account: UnitAccount) {
    this.account = account;
  }

  at(figure: UnitHistoryFigure, point: number): number {
    return this.track.at(PLACE[figure], point);
  }

  /** The first point that changed since the last call; Infinity if none did. */
  takeChangedFrom(): number {
    const changedFrom = this.#changedFrom;
    this.#changedFrom = Number.POSITIVE_INFINITY;
    return changedFrom;
  }

  /** Adds the own CPU of one of its processes in the current tick. */
  takeRow(cpuSeconds: number): void {
    this.#rowSeconds += cpuSeconds;
  }

  /**
   * Takes the processes that ended unseen so far, by name. Their use in the current tick is with the others of their
   * name, and no longer reaped CPU without a name.
   */
  takeUnseen(point: number, rows: readonly RunExited[]): void {
    for (const row of rows) {
      const before = this.#unseen.get(row.name);
      const cpuSeconds = row.cpuSeconds - (before?.cpuSeconds ?? 0);
      const diskBytes = nullableGrowth(row.diskBytes, before?.diskBytes ?? null) ?? 0;
      const transferBytes = nullableGrowth(row.transferBytes, before?.transferBytes ?? null) ?? 0;
      if (cpuSeconds === 0 && diskBytes === 0 && transferBytes === 0) continue;
      addUsed(this.others.of(row.name), point, { cpuSeconds, diskBytes, transferBytes });
      this.#namedSeconds += cpuSeconds;
      this.#unseen.set(row.name, row);
    }
  }

  /** Adds the bookings of a tick of this many seconds; 0 in the first. Add its processes first. */
  take(point: number, { intervalSeconds, leastRateSeconds }: TickLength, points: Points): void {
    const { account } = this;
    const allReapedSeconds = Math.max(0, account.reapedSeconds - this.#reapedSeconds);
    this.#reapedSeconds += allReapedSeconds;
    // CPU with a name is shown like CPU with a row.
    const reapedSeconds = Math.max(0, allReapedSeconds - this.#namedSeconds);
    const rowSeconds = this.#rowSeconds + this.#namedSeconds;
    this.#rowSeconds = 0;
    this.#namedSeconds = 0;
    const usedSeconds = this.#usedIn(intervalSeconds, rowSeconds + reapedSeconds);
    this.#takeEvents(point);
    if (intervalSeconds > 0 && (account.present || usedSeconds > 0 || rowSeconds + reapedSeconds > 0)) {
      const late = this.#claim(point, Math.max(0, rowSeconds + reapedSeconds - usedSeconds), reapedSeconds);
      const shownSeconds = usedSeconds + late.ownSeconds;
      this.#add('cpu', point, shownSeconds);
      if (intervalSeconds >= leastRateSeconds) {
        this.#add('cpuMin', point, shownSeconds / intervalSeconds);
        this.#add('cpuMax', point, shownSeconds / intervalSeconds);
      }
      this.#add('reaped', point, reapedSeconds - late.reapedSeconds);
      this.#add('unattributed', point, Math.max(0, usedSeconds - rowSeconds - reapedSeconds));
      this.#add('processCount', point, account.processCount * intervalSeconds);
      this.#add('born', point, 0);
      this.#add('ended', point, 0);
    }
    this.#takeFigures(point, points);
    this.#isFirst = false;
  }

  /** CPU seconds of the unit in a tick, of which `booked` are those of its processes. */
  #usedIn(intervalSeconds: number, booked: number): number {
    const { account } = this;
    const isLate = intervalSeconds > 0 && account.rateSeconds > intervalSeconds;
    // CPU that is charged to this tick, but was used earlier, is shown in the next one, so that no tick exceeds the available time.
    const share = isLate ? intervalSeconds / account.rateSeconds : 1;
    const pending = Math.max(0, account.usedSeconds - this.#usedSeconds);
    const usedSeconds = Math.min(pending, Math.max(booked, pending * share));
    this.#usedSeconds += usedSeconds;
    return usedSeconds;
  }

  /**
   * CPU that is booked later than the unit's counter showed it (mostly when a parent waits for a child) was unattributed
   * until now. Subtracts `seconds` of it from the latest points that have any, so that at every point processes, `reaped` and
   * `unattributed` add up to `cpu`. Reaped CPU is shown at those points; own CPU stays with its process, and the unit's
   * moves to it. Returns both parts.
   */
  #claim(
    point: number,
    seconds: number,
    reapedSeconds: number,
  ): { readonly ownSeconds: number; readonly reapedSeconds: number } {
    const late = { ownSeconds: 0, reapedSeconds: 0 };
    let left = seconds;
    for (let each = point; left > LEAST_CLAIM_SECONDS && each >= this.track.from; each--) {
      const taken = Math.min(left, this.at('unattributed', each) || 0);
      if (!(taken > 0)) continue;
      left -= taken;
      const reaped = Math.min(taken, reapedSeconds - late.reapedSeconds);
      this.#add('unattributed', each, -taken);
      if (reaped > 0) this.#add('reaped', each, reaped);
      if (taken > reaped) this.#add('cpu', each, reaped - taken);
      late.reapedSeconds += reaped;
      late.ownSeconds += taken - reaped;
    }
    // More was booked than counted, because of the resolution of clocks.
    late.ownSeconds += left;
    this.#usedSeconds += left;
    return late;
  }

  /** Counts a row that began or ended. */
  count(figure: 'born' | 'ended', point: number): void {
    this.#add(figure, point, 1);
  }

  /** Merges a unit without a slot any more. */
  fold(other: UnitHistory): void {
    this.#changedFrom = 0;
    for (const life of other.lives) life.foldInto(this.others);
    this.others.addAll(other.others);
    this.folds.addAll(other.folds);
    this.track.addAll(other.track);
  }

  halve(): void {
    this.track.halve();
    this.others.halve();
    for (const { track } of this.lives) track?.halve();
    this.#readFrom = Math.floor(this.#readFrom / 2);
  }

  #add(figure: UnitHistoryFigure, point: number, value: number): void {
    if (point < this.#changedFrom) this.#changedFrom = point;
    this.track.add(PLACE[figure], point, value);
  }

  #takeEvents(point: number): void {
    const { account } = this;
    const starts = account.instances - this.#instances;
    // Processes at the start of the run were found and did not begin.
    if (!this.#isFirst && starts > 0) {
      this.#add('start', point, starts);
      if (!this.#wasPresent) this.#readFrom = Math.max(this.#readFrom, point);
    }
    if (this.#wasPresent && !account.present) this.#add('stop', point, 1);
    this.#instances = account.instances;
    this.#wasPresent = account.present;
    for (const [figure, counter] of Object.entries(EVENTS)) {
      const growth = this.#growthOf(counter, account.cgroupFigures.counter(counter));
      if (growth > 0) this.#add(figure as keyof typeof EVENTS, point, growth);
    }
  }

  #takeFigures(point: number, points: Points): void {
    const { cgroupFigures } = this.account;
    if (!cgroupFigures.wasRead) return;
    const charged = cgroupFigures.level('memoryBytes');
    // It covers the time since the last reading.
    if (charged !== null)
      for (let each = Math.min(this.#readFrom, point); each <= point; each++)
        this.#add('charged', each, charged);
    for (const [figure, counter] of Object.entries(STALLS)) {
      const value = cgroupFigures.counter(counter);
      if (value === null) continue;
      const isKnown = this.#counters.has(counter);
      const growth = this.#growthOf(counter, value);
      // Counting starts at the first reading of an existing cgroup.
      if (isKnown || growth > 0) this.#spread(figure as keyof typeof STALLS, point, growth, points);
    }
    this.#readFrom = point + 1;
  }

  /** The growth between two readings is spread evenly over their time. */
  #spread(figure: keyof typeof STALLS, point: number, growth: number, points: Points): void {
    const from = Math.min(this.#readFrom, point);
    let seconds = 0;
    for (let each = from; each <= point; each++) seconds += points.seconds(each);
    if (seconds <= 0) return;
    for (let each = from; each <= point; each++) {
      this.#add(figure, each, (growth * points.seconds(each)) / seconds);
    }
  }

  /** Growth since the last call; 0 if unknown. */
  #growthOf(counter: string, value: number | null): number {
    if (value === null) return 0;
    const before = this.#counters.get(counter) ?? 0;
    this.#counters.set(counter, value);
    return Math.max(0, value - before);
  }
}
