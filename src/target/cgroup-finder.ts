import { unitOfPath } from '../host/cgroup/unit-path.ts';
import { findAlias } from '../host/systemd-alias.ts';
import { CgroupInstance, type CgroupTools } from './cgroup-instance.ts';
import { likelyPlaces } from './likely-places.ts';
import type { UnitTree } from './unit-tree.ts';

/** Looks for the directories of one target, as long as none is there. */
export interface CgroupFinder {
  /** The name that rows are booked under. */
  readonly unit: string;
  /** Where it is to be found as a rule. */
  readonly places: readonly string[];
  /** `thorough`: at a slow pace, what costs more. */
  find(tree: UnitTree, thorough: boolean): CgroupInstance[];
  /** Where the target was when it was last there: the likeliest place for its next life. */
  wasAt(path: string): void;
}

/** A cgroup that was named by its path. */
export class PathFinder implements CgroupFinder {
  readonly unit: string;
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

  find(): CgroupInstance[] {
    const instance = CgroupInstance.open(this.unit, this.#path, this.#tools);
    if (typeof instance !== 'string') return [instance];
    if (instance !== 'gone') {
      this.#tools.report({ kind: 'unreadable', unit: this.unit, cgroup: this.#path, failure: instance });
    }
    return [];
  }

  wasAt(): void {}
}

/** A unit that was named exactly. */
export class UnitFinder implements CgroupFinder {
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
    const instance = CgroupInstance.open(this.#unit, path, this.#tools);
    if (typeof instance !== 'string') return instance;
    if (instance !== 'gone') {
      this.#tools.report({ kind: 'unreadable', unit: this.#unit, cgroup: path, failure: instance });
    }
    return undefined;
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
