import type { UnitAccount } from '../../../ledger/accounts/unit-account.ts';
import { type Life, processTrack, type TickLength } from './life.ts';
import type { Points } from './points.ts';
import { type Join, Track } from './track.ts';

const FIGURES = {
  cpu: 'sum',
  cpuMin: 'min',
  cpuMax: 'max',
  reaped: 'sum',
  unattributed: 'sum',
  charged: 'max',
  processCount: 'sum',
  born: 'sum',
  ended: 'sum',
  throttled: 'sum',
  cpuPressure: 'sum',
  memoryPressure: 'sum',
  ioPressure: 'sum',
  start: 'sum',
  stop: 'sum',
  oomKill: 'sum',
  memoryLimit: 'sum',
} as const satisfies Record<string, Join>;
export type UnitHistoryFigure = keyof typeof FIGURES;
const NAMES = Object.keys(FIGURES) as UnitHistoryFigure[];
const PLACE = Object.fromEntries(NAMES.map((name, at) => [name, at])) as Record<UnitHistoryFigure, number>;
const JOINS: readonly Join[] = Object.values(FIGURES);

/** Counters of the cgroup that are told over time: they grow between two readings, which may be many ticks apart. */
const STALLS = {
  throttled: 'throttledSeconds',
  cpuPressure: 'cpuPressureSomeSeconds',
  memoryPressure: 'memoryPressureSomeSeconds',
  ioPressure: 'ioPressureSomeSeconds',
} as const;
const EVENTS = { oomKill: 'memoryOomKills', memoryLimit: 'memoryMaxEvents' } as const;

/** One unit over time: what it used as a whole, what happened to it, and its processes. */
export class UnitHistory {
  readonly account: UnitAccount;
  readonly track = new Track(JOINS);
  /** Those of its processes that have no track of their own. */
  readonly others = processTrack();
  readonly lives: Life[] = [];
  #usedSeconds = 0;
  #reapedSeconds = 0;
  /** The most that was ever unattributed: clocks lag behind each other, so it goes down as well. */
  #unattributedSeconds = 0;
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

  /** The first point that is another since the last call of this; Infinity where none is. */
  takeChangedFrom(): number {
    const changedFrom = this.#changedFrom;
    this.#changedFrom = Number.POSITIVE_INFINITY;
    return changedFrom;
  }

  /** Takes what was booked to it in a tick of so many seconds; 0 in the first. */
  take(point: number, { intervalSeconds, leastRateSeconds }: TickLength, points: Points): void {
    const { account } = this;
    const isLate = intervalSeconds > 0 && account.rateSeconds > intervalSeconds;
    // What is charged to this tick, but was used before it, is shown in the next: no more than there was time for.
    const share = isLate ? intervalSeconds / account.rateSeconds : 1;
    const usedSeconds = Math.max(0, account.usedSeconds - this.#usedSeconds) * share;
    const reapedSeconds = Math.max(0, account.reapedSeconds - this.#reapedSeconds);
    const unattributed = Math.max(0, (account.unattributedSeconds ?? 0) - this.#unattributedSeconds);
    this.#usedSeconds += usedSeconds;
    this.#reapedSeconds += reapedSeconds;
    this.#unattributedSeconds += unattributed;
    this.#takeEvents(point);
    if (intervalSeconds > 0 && (account.present || usedSeconds > 0)) {
      this.#add('cpu', point, usedSeconds);
      if (intervalSeconds >= leastRateSeconds) {
        this.#add('cpuMin', point, usedSeconds / intervalSeconds);
        this.#add('cpuMax', point, usedSeconds / intervalSeconds);
      }
      this.#add('reaped', point, reapedSeconds);
      this.#add('unattributed', point, unattributed);
      this.#add('processCount', point, account.processCount * intervalSeconds);
      this.#add('born', point, 0);
      this.#add('ended', point, 0);
    }
    this.#takeFigures(point, points);
    this.#isFirst = false;
  }

  /** Counts a row that began, or ended. */
  count(figure: 'born' | 'ended', point: number): void {
    this.#add(figure, point, 1);
  }

  /** Takes in a unit that is no more. */
  fold(other: UnitHistory): void {
    this.#changedFrom = 0;
    for (const life of other.lives) life.foldInto(this.others);
    this.others.addAll(other.others);
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
    // What is there at the start was found, and did not begin.
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
    // It stands for the time since it was last read.
    if (charged !== null)
      for (let each = Math.min(this.#readFrom, point); each <= point; each++)
        this.#add('charged', each, charged);
    for (const [figure, counter] of Object.entries(STALLS)) {
      const value = cgroupFigures.counter(counter);
      if (value === null) continue;
      const isKnown = this.#counters.has(counter);
      const growth = this.#growthOf(counter, value);
      // The first reading of what was there already is where counting begins.
      if (isKnown || growth > 0) this.#spread(figure as keyof typeof STALLS, point, growth, points);
    }
    this.#readFrom = point + 1;
  }

  /** What came between two readings is spread evenly over the time between them. */
  #spread(figure: keyof typeof STALLS, point: number, growth: number, points: Points): void {
    const from = Math.min(this.#readFrom, point);
    let seconds = 0;
    for (let each = from; each <= point; each++) seconds += points.seconds(each);
    if (seconds <= 0) return;
    for (let each = from; each <= point; each++) {
      this.#add(figure, each, (growth * points.seconds(each)) / seconds);
    }
  }

  /** Since the last call; 0 where it is not known. */
  #growthOf(counter: string, value: number | null): number {
    if (value === null) return 0;
    const before = this.#counters.get(counter) ?? 0;
    this.#counters.set(counter, value);
    return Math.max(0, value - before);
  }
}
