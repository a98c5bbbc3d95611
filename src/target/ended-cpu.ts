import type { CgroupLayout } from '../host/cgroup/layout.ts';
import type { CgroupReader } from '../host/cgroup/reader.ts';
import { isSliceName, unescapeDirectory } from '../host/cgroup/unit-name.ts';
import { CgroupInstance } from './cgroup-instance.ts';
import { ManagerPids } from './manager-pids.ts';
import { SliceChildren } from './slice-children.ts';
import { type EndedCpu, type ReadLife, SliceResidue } from './slice-residue.ts';
import type { TargetInstance } from './targets.ts';

/** A slice with more cgroups is followed only while a target in it comes and goes: all of them are read each tick. */
const MOST_CHILDREN = 64;
/** A slice that has processes of its own is looked at again after so long. */
const MIXED_SECONDS = 60;

/** A slice that targets are in, or were. */
class FollowedSlice {
  readonly residue = new SliceResidue();
  /** The targets that are there, by directory name. */
  readonly instances = new Map<string, CgroupInstance>();
  readonly #path: string;
  readonly #layout: CgroupLayout;
  readonly #reader: CgroupReader;
  #children: SliceChildren | undefined;
  /** Processes live in the slice itself, so what is of ended cgroups cannot be told: it is not read before then. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #beforeSeconds: number | undefined;

  constructor(path: string, layout: CgroupLayout, reader: CgroupReader) {
    this.#path = path;
    this.#layout = layout;
    this.#reader = reader;
  }

  read(atSeconds: number): void {
    const wanted = atSeconds >= this.#notBefore && (this.residue.isUnsettled(atSeconds) || this.#isSmall());
    if (!wanted) this.close();
    else this.#children ??= SliceChildren.open(this.#path, this.#layout, this.#reader);
    const seconds = this.#children?.readSlice();
    this.#beforeSeconds = typeof seconds === 'number' ? seconds : undefined;
    if (this.#beforeSeconds === undefined) this.close();
  }

  settle(atSeconds: number): void {
    if (this.#children === undefined || this.#beforeSeconds === undefined) return;
    const children = this.#children.readChildren();
    if (typeof children === 'string') {
      if (children === 'mixed') this.#notBefore = atSeconds + MIXED_SECONDS;
      this.close();
      return;
    }
    const afterSeconds = this.#children.readSlice();
    if (typeof afterSeconds !== 'number') {
      this.close();
      return;
    }
    const lives = new Map<string, ReadLife>();
    for (const [name, instance] of this.instances) lives.set(name, instance.life);
    const beforeSeconds = this.#beforeSeconds;
    this.residue.settle({ atSeconds, beforeSeconds, afterSeconds, children }, lives);
  }

  /** A target that was there has ended. */
  noteEnd(name: string, atSeconds: number): void {
    // While the slice is followed, it tells itself.
    if (this.#children === undefined) this.residue.noteEnd(name, atSeconds);
  }

  close(): void {
    if (this.#children === undefined) return;
    this.#children.close();
    this.#children = undefined;
    this.residue.forget();
  }

  #isSmall(): boolean {
    const count = SliceChildren.count(this.#path, this.#layout);
    return count !== undefined && count <= MOST_CHILDREN;
  }
}

/** Where a target is, or was. */
interface Place {
  readonly slice: FollowedSlice;
  readonly name: string;
  readonly cgroup: string;
}

/** What is known of a target's lives that have ended. */
export interface EndedLives extends EndedCpu {
  /** Who waited for their main processes: PID 1 or a user's manager. */
  readonly managerPids: readonly number[];
}

/**
 * What the ended lives of targets used beyond what was read of them, from the counters of the slices that they were in.
 * A target that is in no slice (a cgroup elsewhere, a process tree) has no such figure.
 */
export class EndedCpuBooks {
  readonly #layout: CgroupLayout;
  readonly #reader: CgroupReader;
  readonly #slices = new Map<string, FollowedSlice>();
  readonly #places = new Map<string, Place[]>();
  readonly #managers: ManagerPids;
  #instances: readonly TargetInstance[] = [];

  constructor(layout: CgroupLayout, reader: CgroupReader) {
    this.#layout = layout;
    this.#reader = reader;
    this.#managers = new ManagerPids(layout.unitRoot, reader);
  }

  /** Reads the slices. To be called before the CPU of `instances`, those that are alive, is read. */
  readSlices(instances: readonly TargetInstance[], atSeconds: number): void {
    if (instances !== this.#instances) this.#meet(instances, atSeconds);
    this.#instances = instances;
    for (const slice of this.#slices.values()) slice.read(atSeconds);
  }

  /** Reads what is in the slices, and books. To be called after the CPU of the instances was read. */
  settle(atSeconds: number): void {
    for (const slice of this.#slices.values()) slice.settle(atSeconds);
  }

  /** Of one target, over all its places; null where that is not known. */
  endedOf(unit: string, atSeconds: number): EndedLives | null {
    const places = this.#places.get(unit);
    if (places === undefined) return null;
    let cpuSeconds = 0;
    let sharedCpuSeconds = 0;
    for (const { slice, name } of places) {
      const ended = slice.residue.endedOf(name);
      cpuSeconds += ended?.cpuSeconds ?? 0;
      sharedCpuSeconds += ended?.sharedCpuSeconds ?? 0;
    }
    const managerPids = this.#managers.of(places.at(-1)!.cgroup, atSeconds);
    return { cpuSeconds, sharedCpuSeconds, managerPids };
  }

  close(): void {
    for (const slice of this.#slices.values()) slice.close();
  }

  #meet(instances: readonly TargetInstance[], atSeconds: number): void {
    for (const slice of this.#slices.values()) {
      for (const [name, instance] of slice.instances) {
        if (instances.includes(instance)) continue;
        slice.noteEnd(name, atSeconds);
        slice.instances.delete(name);
      }
    }
    for (const instance of instances) {
      if (!(instance instanceof CgroupInstance)) continue;
      const place = this.#placeOf(instance.cgroup);
      if (place === undefined) continue;
      place.slice.instances.set(place.name, instance);
      place.slice.residue.follow(place.name);
      const known = this.#places.get(instance.unit) ?? [];
      this.#places.set(instance.unit, known);
      if (!known.some(({ slice, name }) => slice === place.slice && name === place.name)) known.push(place);
    }
  }

  /** Undefined for what is in no slice. */
  #placeOf(cgroup: string): Place | undefined {
    const end = cgroup.lastIndexOf('/');
    const path = cgroup.slice(0, end);
    const parent = unescapeDirectory(path.slice(path.lastIndexOf('/') + 1));
    if (!isSliceName(parent)) return undefined;
    const slice = this.#slices.get(path) ?? new FollowedSlice(path, this.#layout, this.#reader);
    this.#slices.set(path, slice);
    return { slice, name: cgroup.slice(end + 1), cgroup };
  }
}
