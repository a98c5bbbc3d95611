import { openReported } from './cgroups/cgroup-finder.ts';
import type { CgroupInstance, CgroupTools } from './cgroups/cgroup-instance.ts';
import type { Thoroughness, Tracked } from './tracked.ts';
import type { UnitPattern } from './units/unit-pattern.ts';
import type { UnitPlaces } from './units/unit-places.ts';
import type { UnitTree } from './units/unit-tree.ts';

/** State shared by all patterns: a unit that two patterns match is tracked once. */
export interface PatternBooks {
  readonly tree: UnitTree;
  readonly tools: CgroupTools;
  readonly places: UnitPlaces;
  /** Paths of the cgroups that any pattern has found. */
  readonly found: Set<string>;
}

/** A pattern, and all existing units that it matches, except units requested by name. */
export class TrackedPattern implements Tracked {
  readonly isUnit = true;
  readonly isOver = false;
  readonly places = [];
  readonly #pattern: UnitPattern;
  readonly #books: PatternBooks;
  /** By path. `unit` is the pattern's name if the unit has no slot. */
  readonly #live = new Map<string, CgroupInstance>();
  #instances: readonly CgroupInstance[] = [];
  #searched: UnitTree['units'] | undefined;
  /** Whether anything changed between two refreshes. */
  #isChanged = false;
  #refreshes = 0;

  constructor(pattern: UnitPattern, books: PatternBooks) {
    this.#pattern = pattern;
    this.#books = books;
  }

  get unit(): string {
    return this.#pattern.text;
  }

  get instances(): readonly CgroupInstance[] {
    return this.#instances;
  }

  get isAbsent(): boolean {
    return this.#instances.every((instance) => !instance.isThere);
  }

  mayBeAt(_path: string, unit: string | null): boolean {
    return unit !== null && this.#pattern.matches(unit) && !this.#books.places.isNamed(unit);
  }

  /** Whether units in a directory can match; `qualifier`: prefix of their names, empty or `user@N.service/`. */
  mayMatchBelow(qualifier: string): boolean {
    return this.#pattern.mayMatchBelow(qualifier);
  }

  look(path: string, unit: string | null): boolean {
    const there = this.#live.get(path);
    if (there?.isThere) return false;
    if (there !== undefined) this.#drop(path);
    const began = unit !== null && this.mayBeAt(path, unit) && this.#open(unit, path) === 'opened';
    this.#isChanged ||= there !== undefined || began;
    return there !== undefined || began;
  }

  refresh(thorough: Thoroughness): boolean {
    const ended = this.#dropEnded(thorough.walk);
    const { tree } = this.#books;
    // A removed unit may have been replaced by a new one, which no change counter of the tree shows.
    tree.update(thorough.search || ended);
    const isNews = tree.units !== this.#searched || ended;
    const began = isNews && this.#meet(tree.units);
    this.#refreshes++;
    if (!ended && !began && !this.#isChanged) return false;
    this.#isChanged = false;
    this.#instances = [...this.#live.values()];
    return true;
  }

  close(): void {
    for (const path of [...this.#live.keys()]) this.#drop(path);
    this.#instances = [];
  }

  #dropEnded(walk: boolean): boolean {
    let ended = false;
    for (const [path, instance] of this.#live) {
      if (instance.refresh(walk) !== 'gone') continue;
      this.#drop(path);
      ended = true;
    }
    return ended;
  }

  #drop(path: string): void {
    const instance = this.#live.get(path)!;
    this.#books.tools.listener.ended(instance);
    instance.close();
    this.#live.delete(path);
    this.#books.found.delete(path);
    this.#books.places.leave(instance.unit, this.#refreshes);
  }

  /** Opens new units. Returns whether there were any. */
  #meet(units: UnitTree['units']): boolean {
    let began = false;
    let failed = false;
    for (const { unit, path } of units) {
      if (!this.mayBeAt(path, unit)) continue;
      const outcome = this.#open(unit, path);
      began ||= outcome === 'opened';
      failed ||= outcome === 'failed';
    }
    // Failed units are tried again.
    this.#searched = failed ? undefined : units;
    return began;
  }

  #open(unit: string, path: string): 'opened' | 'known' | 'failed' {
    const { tools, places, found } = this.#books;
    if (found.has(path)) return 'known';
    const booked = places.admit(unit, this.unit, this.#refreshes);
    const instance = openReported(booked, path, tools);
    if (instance === undefined) {
      places.leave(booked, this.#refreshes);
      return 'failed';
    }
    found.add(path);
    this.#live.set(path, instance);
    return 'opened';
  }
}
