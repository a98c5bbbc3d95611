import { CgroupInstance, type CgroupTools } from './cgroup-instance.ts';
import type { Thoroughness, Tracked } from './tracked.ts';
import type { UnitPattern } from './unit-pattern.ts';
import type { UnitPlaces } from './unit-places.ts';
import type { UnitTree } from './unit-tree.ts';

/** What patterns share: which cgroup is whose, so that a unit that two of them match is one. */
export interface PatternBooks {
  readonly tree: UnitTree;
  readonly tools: CgroupTools;
  readonly places: UnitPlaces;
  /** Paths of the cgroups that some pattern has found. */
  readonly found: Set<string>;
}

/** A pattern, and all units that it matches: they come and go. Units that were asked for by name are left out. */
export class TrackedPattern implements Tracked {
  readonly places = [];
  readonly #pattern: UnitPattern;
  readonly #books: PatternBooks;
  /** By path; the unit's own name, which `instance.unit` is not where the pattern's place had to do. */
  readonly #live = new Map<string, { readonly name: string; readonly instance: CgroupInstance }>();
  #instances: readonly CgroupInstance[] = [];
  #searched: UnitTree['units'] | undefined;
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

  refresh(thorough: Thoroughness): boolean {
    const ended = this.#dropEnded(thorough.walk);
    const { tree } = this.#books;
    // What went may have made room for something new, which no sign of the tree's tells of.
    tree.update(thorough.search || ended);
    const isNews = tree.units !== this.#searched || ended;
    const began = isNews && this.#meet(tree.units);
    this.#refreshes++;
    if (!ended && !began) return false;
    this.#instances = [...this.#live.values()].map(({ instance }) => instance);
    return true;
  }

  close(): void {
    for (const path of [...this.#live.keys()]) this.#drop(path);
    this.#instances = [];
  }

  #dropEnded(walk: boolean): boolean {
    let ended = false;
    for (const [path, { instance }] of this.#live) {
      if (instance.refresh(walk) !== 'gone') continue;
      this.#drop(path);
      ended = true;
    }
    return ended;
  }

  #drop(path: string): void {
    const { name, instance } = this.#live.get(path)!;
    instance.close();
    this.#live.delete(path);
    this.#books.found.delete(path);
    this.#books.places.leave(name, this.#refreshes);
  }

  /** Opens those that are new. Returns whether there were any. */
  #meet(units: UnitTree['units']): boolean {
    const { tools, places, found } = this.#books;
    let began = false;
    let failed = false;
    for (const { unit, path } of units) {
      if (found.has(path) || !this.#pattern.matches(unit) || places.isNamed(unit)) continue;
      const booked = places.admit(unit, this.unit, this.#refreshes);
      const instance = CgroupInstance.open(booked, path, tools);
      if (typeof instance === 'string') {
        places.leave(unit, this.#refreshes);
        failed = true;
        if (instance !== 'gone') tools.report({ kind: 'unreadable', unit, cgroup: path, failure: instance });
        continue;
      }
      found.add(path);
      this.#live.set(path, { name: unit, instance });
      began = true;
    }
    // Those are tried again.
    this.#searched = failed ? undefined : units;
    return began;
  }
}
