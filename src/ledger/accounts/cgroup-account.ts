import {
  CGROUP_COUNTERS,
  CGROUP_GAUGES,
  CGROUP_NON_ADDITIVE_GAUGES,
  type CgroupCounter,
  type CgroupDisk,
  type CgroupFigures,
  type CgroupGauges,
  type CgroupLevel,
  type CgroupNonAdditiveGauges,
  NO_GAUGES,
  NO_NON_ADDITIVE_GAUGES,
} from '../../host/cgroup/figures.ts';
import { diskCounters } from '../../host/cgroup/io-stat.ts';
import { nullableMax } from '../../host/nullable.ts';
import type { InstanceReading } from '../../sampling/sample.ts';
import { OTHER } from './other.ts';
import { SeriesBudget } from './series-budget.ts';

/** Further devices share one entry, so that a unit that uses ever new devices cannot create ever more series. */
const MOST_DEVICES = 16;

type Known<Key extends string> = Record<Key, number | null>;

/**
 * Metrics of a unit's cgroups other than CPU, over all its instances. Counters of a new instance start at 0 and are
 * added to the unit's. Not included: what a cgroup counted before the run, and what an ended cgroup counted after its
 * last reading.
 */
export class CgroupAccount {
  readonly #counters: Known<CgroupCounter> = unknown(CGROUP_COUNTERS);
  /** In the current tick. */
  #levels: CgroupGauges = NO_GAUGES;
  #heights: CgroupNonAdditiveGauges = NO_NON_ADDITIVE_GAUGES;
  #disks: Map<string, CgroupDisk> | null = null;
  #peakBytes: number | null = null;
  #knowsMemory = false;
  /** Last reading of each present instance, by serial. */
  readonly #readings = new Map<number, CgroupFigures>();
  /** Totals of ended instances, as last taken. */
  #ended: CgroupFigures | null = null;
  #isKnown = false;
  #wasRead = false;
  readonly #budget: SeriesBudget;
  #mostDevices: number;
  /** Devices with series from the budget; while these are released, those to be reserved again. */
  #heldDevices = 0;
  #isReleased = false;

  /** The first device and `other` never need budget. `hasSeries`: whether the unit has series. */
  constructor(budget = new SeriesBudget(), hasSeries = true) {
    this.#budget = budget;
    this.#mostDevices = hasSeries ? MOST_DEVICES : 0;
  }

  /** The unit is gone: returns the series of its devices to the budget. */
  release(): void {
    this.#budget.releaseParts('disk', this.#heldDevices);
    this.#isReleased = true;
  }

  /** Devices beyond the first that have series of their own. */
  get heldDevices(): number {
    return this.#heldDevices;
  }

  /** The unit is back, and the budget has reserved the series of its devices. */
  resume(): void {
    this.#isReleased = false;
  }

  /** The unit is back without series: it has no further devices. */
  fold(): void {
    this.#mostDevices = 0;
  }

  /** Books the readings of a tick. */
  take(instances: readonly InstanceReading[]): void {
    let read: CgroupFigures[] | null = null;
    for (const { serial, figures, bornWatched } of instances) {
      if (figures === null) continue;
      const earlier = this.#readings.get(serial);
      this.#readings.set(serial, figures);
      this.#count(figures, earlier, bornWatched);
      this.#countDisks(figures, earlier, bornWatched);
      read ??= [];
      read.push(figures);
    }
    keepPresent(this.#readings, instances);
    this.#wasRead = read !== null;
    if (read === null) {
      // The usual case: no cgroup was read in this tick.
      this.#levels = NO_GAUGES;
      this.#heights = NO_NON_ADDITIVE_GAUGES;
      return;
    }
    this.#isKnown = true;
    this.#levels = combined(
      CGROUP_GAUGES,
      read.map(({ levels }) => levels),
      (a, b) => a + b,
    );
    this.#heights = combined(
      CGROUP_NON_ADDITIVE_GAUGES,
      read.map(({ heights }) => heights),
      Math.max,
    );
    this.#peakBytes = nullableMax(this.#peakBytes, this.#heights.memoryPeakBytes);
    if (this.#levels.memoryBytes !== null) this.#knowsMemory = true;
  }

  /** Books what ended instances counted beyond their last reading; cumulative. False if that is unchanged. */
  takeEnded(figures: CgroupFigures | null): boolean {
    if (figures === null || figures === this.#ended) return false;
    this.#count(figures, this.#ended ?? undefined, true);
    this.#countDisks(figures, this.#ended ?? undefined, true);
    this.#peakBytes = nullableMax(this.#peakBytes, figures.heights.memoryPeakBytes);
    this.#isKnown ||= figures.disks !== null || CGROUP_COUNTERS.some((key) => figures.counters[key] !== null);
    this.#ended = figures;
    return true;
  }

  /** Whether the memory controller has ever counted the unit. */
  get knowsMemory(): boolean {
    return this.#knowsMemory;
  }

  /** Whether any cgroup of the unit was read in the current tick. */
  get wasRead(): boolean {
    return this.#wasRead;
  }

  /** Growth of a counter since the start of the run; null if it was never known. */
  counter(counter: CgroupCounter): number | null {
    return this.#counters[counter];
  }

  /** A gauge in the current tick. */
  level(level: CgroupLevel): number | null {
    return this.#levels[level];
  }

  /** Highest memory peak of any instance, including the time before the run. */
  get peakMemoryBytes(): number | null {
    return this.#peakBytes;
  }

  /** Counters since the start of the run, other values of the current tick; null if nothing was ever known. */
  get figures(): CgroupFigures | null {
    if (!this.#isKnown) return null;
    const disks = this.#disks === null ? null : [...this.#disks.values()];
    return { counters: { ...this.#counters }, levels: this.#levels, heights: this.#heights, disks };
  }

  #count(now: CgroupFigures, earlier: CgroupFigures | undefined, bornWatched: boolean): void {
    for (const counter of CGROUP_COUNTERS) {
      const value = now.counters[counter];
      if (value === null) continue;
      const start = earlier?.counters[counter] ?? (bornWatched ? 0 : value);
      this.#counters[counter] = (this.#counters[counter] ?? 0) + Math.max(0, value - start);
    }
  }

  #countDisks(now: CgroupFigures, earlier: CgroupFigures | undefined, bornWatched: boolean): void {
    if (now.disks === null) return;
    this.#disks ??= new Map();
    for (const disk of now.disks) {
      const before = earlier?.disks?.find(({ device }) => device === disk.device);
      const start = before ?? (bornWatched || earlier !== undefined ? undefined : disk);
      const total = this.#diskOf(disk);
      const grown = diskCounters((key) => total[key] + Math.max(0, disk[key] - (start?.[key] ?? 0)));
      this.#disks.set(total.device, { ...total, ...grown });
    }
  }

  #diskOf({ device, name }: CgroupDisk): CgroupDisk {
    const disks = this.#disks!;
    const isRoom = disks.has(device) || this.#makeRoom(disks.size);
    const key = isRoom ? device : OTHER;
    return disks.get(key) ?? { device: key, name: isRoom ? name : OTHER, ...diskCounters(() => 0) };
  }

  #makeRoom(devices: number): boolean {
    if (devices >= this.#mostDevices) return false;
    if (devices === 0) return true;
    if (!this.#isReleased && !this.#budget.holdPart('disk')) return false;
    this.#heldDevices++;
    return true;
  }
}

/** Removes the readings of instances that are gone. The map is kept, because there are thousands, in every tick. */
export function keepPresent(
  readings: Map<number, unknown>,
  instances: readonly Pick<InstanceReading, 'serial'>[],
): void {
  if (readings.size === 0) return;
  if (instances.length === 0) readings.clear();
  else if (readings.size > 1 || !readings.has(instances[0]!.serial)) {
    const present = new Set(instances.map(({ serial }) => serial));
    for (const serial of readings.keys()) if (!present.has(serial)) readings.delete(serial);
  }
}

function unknown<Key extends string>(keys: readonly Key[]): Known<Key> {
  return Object.fromEntries(keys.map((key) => [key, null])) as Known<Key>;
}

function combined<Key extends string>(
  keys: readonly Key[],
  records: readonly Readonly<Known<Key>>[],
  join: (a: number, b: number) => number,
): Known<Key> {
  const whole = unknown(keys);
  for (const record of records) {
    for (const key of keys) {
      const value = record[key];
      const known = whole[key];
      if (value !== null) whole[key] = known === null ? value : join(known, value);
    }
  }
  return whole;
}
