import { unitOfPath } from '../host/cgroup/unit-path.ts';
import { findAlias } from '../host/systemd-alias.ts';
import type { CgroupInstance, CgroupTools } from './cgroup-instance.ts';
import { likelyPlaces } from './likely-places.ts';
import { openReported } from './open-reported.ts';
import type { UnitTree } from './unit-tree.ts';

/** Looks for the directories of one target, as long as none is there. */
export interface CgroupFinder {
  /** The name that rows are booked under. */
  readonly unit: string;
  /** Whether it is a unit by its name, which may be in any slice. */
  readonly isUnit: boolean;
  /** Where it is to be found as a rule. */
  readonly places: readonly string[];
  /** Whether the target may be at this path; `unit`: the unit whose own cgroup that is, if any. */
  mayBeAt(path: string, unit: string | null): boolean;
  /** `thorough`: at a slow pace, what costs more. */
  find(tree: UnitTree, thorough: boolean): CgroupInstance[];
  /** Where the target was when it was last there: the likeliest place for its next life. */
  wasAt(path: string): void;
}

/** A cgroup that was named by its path. */
export class PathFinder implements CgroupFinder {
  readonly unit: string;
  readonly isUnit = false;
  readonly #path: string;
  readonly #tools: CgroupTools;

  /** Without a `label`, the name is that of the unit whose own directory `path` is, else the path. */
  constructor(path: string, tools: CgroupTools, label?: string) {
    this.#path = normalPath(path);
    this.#tools = tools;
    const place = unitOfPath(this.#path);
    this.unit = label ?? (place !== null && place.subPath === '' ? place.unit : this.#path);
  }

  get places(): readonly string[] {
    return [this.#path];
  }

  mayBeAt(path: string): boolean {
    return path === this.#path;
  }

  find(): CgroupInstance[] {
    const instance = openReported(this.unit, this.#path, this.#tools);
    return instance === undefined ? [] : [instance];
  }

  wasAt(): void {}
}

/** A unit that was named exactly. */
export class UnitFinder implements CgroupFinder {
  readonly isUnit = true;
  readonly #asked: string;
  readonly #procRoot: string;
  readonly #tools: CgroupTools;
  #unit: string;
  #places: readonly string[];
  #lastPlace: string | undefined;
  #aliasWasTried = false;

  constructor(name: string, procRoot: string, tools: CgroupTools) {
    this.#asked = name;
    this.#unit = name;
    this.#procRoot = procRoot;
    this.#tools = tools;
    this.#places = likelyPlaces(name);
  }

  /** The name asked for, or the unit that it is an alias of, once that is known. */
  get unit(): string {
    return this.#unit;
  }

  get places(): readonly string[] {
    return this.#places;
  }

  mayBeAt(_path: string, unit: string | null): boolean {
    return unit === this.#unit;
  }

  find(tree: UnitTree, thorough: boolean): CgroupInstance[] {
    const found = this.#findUnit(tree, thorough);
    if (found.length > 0 || (this.#aliasWasTried && !thorough) || !this.#resolveAlias()) return found;
    return this.#findUnit(tree, thorough);
  }

  wasAt(path: string): void {
    this.#lastPlace = path;
  }

  #findUnit(tree: UnitTree, thorough: boolean): CgroupInstance[] {
    if (this.#lastPlace !== undefined) {
      const instance = this.#openAt(this.#lastPlace);
      if (instance !== undefined) return [instance];
    }
    for (const path of this.#places) {
      const instance = this.#openAt(path);
      if (instance !== undefined) return [instance];
    }
    tree.update(thorough);
    const found: CgroupInstance[] = [];
    for (const path of tree.pathsOf(this.#unit)) {
      const instance = this.#openAt(path);
      if (instance !== undefined) found.push(instance);
    }
    return found;
  }

  #openAt(path: string): CgroupInstance | undefined {
    return openReported(this.#unit, path, this.#tools);
  }

  /** Whether the name turned out to be an alias just now. Units of user managers have their links elsewhere. */
  #resolveAlias(): boolean {
    this.#aliasWasTried = true;
    if (this.#unit !== this.#asked || this.#asked.includes('/')) return false;
    const { report } = this.#tools;
    const alias = findAlias(this.#procRoot, this.#asked);
    if (alias.kind === 'masked') report({ kind: 'masked', asked: this.#asked });
    if (alias.kind === 'unreadable') {
      report({ kind: 'aliases-unreadable', asked: this.#asked, path: alias.path, failure: alias.failure });
    }
    if (alias.kind !== 'alias') return false;
    report({ kind: 'alias', asked: this.#asked, unit: alias.unit });
    this.#unit = alias.unit;
    this.#places = likelyPlaces(alias.unit);
    return true;
  }
}

/** Without doubled and closing slashes, `.` and `..`: nothing outside of the tree can be named. */
function normalPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}
