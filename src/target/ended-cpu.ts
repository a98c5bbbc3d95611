import { isSliceName, unescapeDirectory } from '../host/cgroup/unit-name.ts';
import { CgroupInstance } from './cgroup-instance.ts';
import { FollowedSlice, type SliceTools } from './followed-slice.ts';
import { ManagerPids } from './manager-pids.ts';
import { NO_EVENTS, sumOfEvents } from './slice-events.ts';
import type { EndedLives, TargetInstance } from './targets.ts';

/** A directory that a target is in, was in, or may come to be in. */
interface Place {
  readonly slice: FollowedSlice;
  readonly name: string;
  readonly cgroup: string;
  /** Instances that were met there, of those whose making the kernel was asked to tell. */
  met: number;
}

/** The places of one target. */
interface Places {
  readonly byCgroup: Map<string, Place>;
  /** Of places that were given up. */
  ended: Ended;
}

type Ended = Omit<EndedLives, 'managerPids'>;

const NOTHING: Ended = { cpuSeconds: 0, sharedCpuSeconds: 0, unseenLives: 0, memoryEvents: NO_EVENTS };

/** A pattern may stand for ever new cgroups: those that are gone are given up when there are more. */
const MOST_PLACES = 64;

/**
 * What the ended lives of targets used beyond what was read of them, and how many there were that nobody saw, from the
 * slices that they were in. A target that is in no slice (a cgroup elsewhere, a process tree) has no such figures.
 */
export class EndedCpuBooks {
  readonly #tools: SliceTools;
  readonly #managers: ManagerPids;
  readonly #slices = new Map<string, FollowedSlice>();
  readonly #places = new Map<string, Places>();
  #instances: readonly TargetInstance[] = [];
  #units: readonly string[] = [];

  constructor(tools: SliceTools) {
    this.#tools = tools;
    this.#managers = new ManagerPids(tools.layout.unitRoot, tools.reader);
  }

  /** The target may come to be in these cgroups, and may be gone before anyone looks. */
  expect(unit: string, cgroups: readonly string[]): void {
    for (const cgroup of cgroups) this.#placeOf(unit, cgroup);
  }

  /** Reads the slices. To be called before the CPU of `instances`, those that are alive, is read. */
  readSlices(instances: readonly TargetInstance[], atSeconds: number): void {
    this.#noteEvents();
    if (instances !== this.#instances) this.#meet(instances, atSeconds);
    this.#instances = instances;
    for (const slice of this.#slices.values()) slice.begin(atSeconds);
  }

  /** Reads what is in the slices, and books. To be called after the CPU of the instances was read. */
  settle(atSeconds: number): void {
    for (const slice of this.#slices.values()) slice.read();
    this.#noteEvents();
    for (const slice of this.#slices.values()) slice.settle(atSeconds);
  }

  /** Of one target, over all its places; null where that is not known. */
  endedOf(unit: string, atSeconds: number): EndedLives | null {
    const places = this.#places.get(unit);
    if (places === undefined) return null;
    if (places.byCgroup.size > MOST_PLACES) this.#giveUpGone(places);
    let { ended } = places;
    let cgroup = '';
    for (const place of places.byCgroup.values()) {
      ended = sumOf(ended, endedAt(place));
      cgroup = place.cgroup;
    }
    return { ...ended, managerPids: this.#managers.of(cgroup, atSeconds) };
  }

  /** Other targets than these are no longer asked for. */
  keep(units: readonly string[]): void {
    if (units === this.#units) return;
    this.#units = units;
    const kept = new Set(units);
    for (const [unit, { byCgroup }] of this.#places) {
      if (kept.has(unit)) continue;
      for (const { slice, name } of byCgroup.values()) slice.unfollow(name);
      this.#places.delete(unit);
    }
    this.#closeUnused();
  }

  close(): void {
    for (const slice of this.#slices.values()) slice.close();
    this.#tools.events?.close();
  }

  #giveUpGone(places: Places): void {
    for (const [cgroup, place] of places.byCgroup) {
      if (place.slice.has(place.name)) continue;
      places.ended = sumOf(places.ended, endedAt(place));
      place.slice.unfollow(place.name);
      places.byCgroup.delete(cgroup);
    }
    this.#closeUnused();
  }

  #closeUnused(): void {
    for (const [path, slice] of this.#slices) {
      if (slice.isFollowing) continue;
      slice.close();
      this.#slices.delete(path);
    }
  }

  #noteEvents(): void {
    const { events } = this.#tools;
    if (events === null) return;
    const byWatch = new Map([...this.#slices.values()].map((slice) => [slice.watch, slice]));
    const isWhole = events.drain((watch, event, name) => byWatch.get(watch)?.noteEvent(event, name));
    if (!isWhole) for (const slice of this.#slices.values()) slice.noteLoss();
  }

  #meet(instances: readonly TargetInstance[], atSeconds: number): void {
    const now = new Set(instances);
    for (const slice of this.#slices.values()) slice.keep(now, atSeconds);
    for (const instance of this.#instances) now.delete(instance);
    for (const instance of now) {
      if (!(instance instanceof CgroupInstance)) continue;
      const wasExpected = this.#places.get(instance.unit)?.byCgroup.has(instance.cgroup) ?? false;
      const place = this.#placeOf(instance.unit, instance.cgroup);
      if (place === undefined) continue;
      if (wasExpected && place.slice.watch !== null) place.met++;
      place.slice.meet(place.name, instance);
    }
  }

  /** Undefined for what is in no slice. */
  #placeOf(unit: string, cgroup: string): Place | undefined {
    const end = cgroup.lastIndexOf('/');
    const path = cgroup.slice(0, end);
    const parent = unescapeDirectory(path.slice(path.lastIndexOf('/') + 1));
    if (!isSliceName(parent)) return undefined;
    const places = this.#places.get(unit) ?? { byCgroup: new Map<string, Place>(), ended: NOTHING };
    this.#places.set(unit, places);
    const known = places.byCgroup.get(cgroup);
    if (known !== undefined) return known;
    const slice = this.#slices.get(path) ?? new FollowedSlice(path, this.#tools);
    this.#slices.set(path, slice);
    const place = { slice, name: cgroup.slice(end + 1), cgroup, met: 0 };
    slice.follow(place.name);
    places.byCgroup.set(cgroup, place);
    return place;
  }
}

function endedAt({ slice, name, met }: Place): Ended {
  const { cpuSeconds, sharedCpuSeconds } = slice.endedOf(name) ?? NOTHING;
  const unseenLives = Math.max(0, slice.madeOf(name) - met) + slice.restartsOf(name);
  return { cpuSeconds, sharedCpuSeconds, unseenLives, memoryEvents: slice.eventsOf(name) };
}

function sumOf(a: Ended, b: Ended): Ended {
  return {
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    sharedCpuSeconds: a.sharedCpuSeconds + b.sharedCpuSeconds,
    unseenLives: a.unseenLives + b.unseenLives,
    memoryEvents: sumOfEvents(a.memoryEvents, b.memoryEvents),
  };
}
