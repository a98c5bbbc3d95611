import type { TargetInstance, Targets } from '../discovery/targets/targets.ts';
import { InstanceActivity } from './instance-activity.ts';
import type { ReadStamps } from './read-times.ts';
import type { InstanceReading } from './sample.ts';
import type { TrackedProcess } from './tracked-process.ts';

/** The sampler's state of one instance of a target. */
export interface WatchedInstance {
  readonly target: TargetInstance;
  readonly serial: number;
  readonly unit: number;
  readonly firstTick: number;
  /** Baseline of its CPU counter, read before its rows: 0 if the instance was created during the run. */
  readonly startCpuSeconds: number;
  readonly activity: InstanceActivity;
  readonly members: Map<number, TrackedProcess>;
  /** Members with rows, in the order of the last listing. */
  readonly listing: TrackedProcess[];
  /** Tick and time of the last listing, and the task turnover read before it. */
  listedAtTick: number;
  listedAtSeconds: number;
  listedAtTurnover: number;
  /** Whether that listing contained exactly the members with rows, and `InstanceActivity.changes` after it. */
  listedAllRows: boolean;
  listedAtChanges: number;
  /** Children of members that live in other cgroups, by PID. */
  readonly foreignChildren: Map<number, TrackedProcess>;
}

/** The instances of all targets that exist in the current tick. */
export class WatchedInstances {
  #byTarget = new Map<TargetInstance, WatchedInstance>();
  readonly #bySerial = new Map<number, WatchedInstance>();
  #nextSerial = 1;
  #units: readonly string[] = [];
  #placeOf = new Map<string, number>();
  #targets: readonly TargetInstance[] = [];
  /** The last tick in which the set changed. */
  changedAtTick = -1;
  /** By unit index: 1 if resting members of all its instances are skipped in this tick. */
  readonly #rests: number[] = [];

  /** Updates the set of instances; known instances keep their state. */
  meet({ units, instances }: Targets, tick: number): void {
    const before = this.#byTarget;
    if (units !== this.#units) this.#meetUnits(units);
    if (instances === this.#targets) return;
    this.#targets = instances;
    this.changedAtTick = tick;
    this.#byTarget = new Map();
    this.#bySerial.clear();
    for (const target of instances) {
      const watched = before.get(target) ?? {
        target,
        serial: this.#nextSerial++,
        unit: this.#placeOf.get(target.unit)!,
        firstTick: tick,
        startCpuSeconds: tick === 0 ? target.readCpuSeconds() : 0,
        activity: new InstanceActivity(target.countsEveryMember),
        members: new Map(),
        listing: [],
        listedAtTick: tick,
        listedAtSeconds: Number.NaN,
        listedAtTurnover: Number.NaN,
        listedAllRows: false,
        listedAtChanges: 0,
        foreignChildren: new Map(),
      };
      this.#byTarget.set(target, watched);
      this.#bySerial.set(watched.serial, watched);
    }
  }

  #meetUnits(units: readonly string[]): void {
    this.#units = units;
    this.#placeOf = new Map(units.map((name, place) => [name, place]));
  }

  all(): IterableIterator<WatchedInstance> {
    return this.#byTarget.values();
  }

  /** Instances with a member row of this PID. */
  *withMember(pid: number): Generator<WatchedInstance, void, undefined> {
    for (const watched of this.#byTarget.values()) if (watched.members.has(pid)) yield watched;
  }

  /** The instance in which a row was found; undefined if the instance has ended. */
  of(row: TrackedProcess): WatchedInstance | undefined {
    return this.#bySerial.get(row.instance);
  }

  /** Decides how much of each instance must be read in this tick (`InstanceActivity.begin`). */
  begin(full: boolean, readsStat: boolean): void {
    for (const { target, activity, members } of this.all()) {
      const isWorthIt = activity.asksForUsage(members.size);
      activity.begin(isWorthIt ? target.readCpuSeconds() : Number.NaN, full, readsStat);
    }
  }

  /**
   * By unit index: 1 if resting members are skipped in this tick. All are 0 if any of the `rows` belongs to no instance.
   * Call after `InstanceActivity.judge`.
   */
  findRests(rows: number): readonly number[] {
    const rests = this.#rests;
    while (rests.length < this.#units.length) rests.push(0);
    rests.fill(1);
    let owned = 0;
    for (const { unit, activity, members, foreignChildren } of this.all()) {
      owned += members.size + foreignChildren.size;
      if (!activity.isStill && !activity.passesOver) rests[unit] = 0;
    }
    if (owned !== rows) rests.fill(0);
    return rests;
  }

  /**
   * Reads the CPU counters of all instances; the other metrics only if `withFigures`, or if the instance is new.
   * `intervalSeconds`: since the previous sample.
   */
  read(tick: number, intervalSeconds: number, withFigures: boolean, stamps: ReadStamps): InstanceReading[] {
    const readings = [...this.all()].map((watched) => {
      const readsFigures = withFigures || watched.firstTick === tick;
      const stamp = stamps.take();
      const cpuSeconds = watched.target.readCpuSeconds();
      if (readsFigures) stamps.take();
      watched.activity.end(cpuSeconds, stamps.micros[stamp]!, intervalSeconds);
      return {
        serial: watched.serial,
        unit: watched.unit,
        cgroup: watched.target.cgroup,
        bornWatched: watched.firstTick > 0,
        startCpuSeconds: watched.startCpuSeconds,
        cpuSeconds,
        stamp,
        figures: readsFigures ? watched.target.readFigures() : null,
      };
    });
    stamps.take();
    return readings;
  }
}
