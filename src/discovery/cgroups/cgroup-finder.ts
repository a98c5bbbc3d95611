import { INIT_SCOPE, isSliceName, ROOT_SLICE, userOfManager } from '../../host/cgroup/unit-name.ts';
import { unitOfPath } from '../../host/cgroup/unit-path.ts';
import { findAlias } from '../../host/systemd-alias.ts';
import type { UnitTree } from '../units/unit-tree.ts';
import { CgroupInstance, type CgroupTools } from './cgroup-instance.ts';

/** Looks for the directories of one target, as long as none is there. */
export interface CgroupFinder {
  /** The name that rows are booked under. */
  readonly unit: string;
  /** Whether it is a unit by its name, which may be in any slice. */
  readonly isUnit: boolean;
  /** Its usual path. */
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

/**
 * Paths where systemd puts a unit of this name by default (systemd.slice(5), systemd.special(7)), likeliest first,
 * with a leading `/`: asking there is cheaper than looking through the whole tree, where a unit with a `Slice=` of its
 * own is found. `unit` may be qualified by its user manager. Only paths that the rule of `unitOfPath` gives `unit`
 * for.
 */
export function likelyPlaces(unit: string): string[] {
  const slash = unit.indexOf('/');
  if (slash === -1) return placesBelow('', unit, 'system');
  const user = userOfManager(unit.slice(0, slash));
  if (user === undefined) return [];
  const manager = `/user.slice/user-${user}.slice/${unit.slice(0, slash)}`;
  return placesBelow(manager, unit.slice(slash + 1), 'app');
}

function placesBelow(base: string, name: string, slice: 'system' | 'app'): string[] {
  if (name === ROOT_SLICE) return base === '' ? ['/'] : [];
  if (isSliceName(name)) return [base + slicePath(name)];
  if (name === INIT_SCOPE) return [`${base}/${name}`];
  const user = base === '' ? userOfManager(name) : undefined;
  if (user !== undefined) return [`/user.slice/user-${user}.slice/${name}`];
  const at = name.indexOf('@');
  const folders = [`${base}/${slice}.slice`];
  if (at !== -1) folders.unshift(`${folders[0]}/${slice}-${escapedPrefix(name.slice(0, at))}.slice`);
  return folders.flatMap((folder) => directoriesOf(name).map((directory) => `${folder}/${directory}`));
}

/** `/a.slice/a-b.slice` of `a-b.slice`. */
function slicePath(name: string): string {
  const parts = name.slice(0, -'.slice'.length).split('-');
  return parts
    .map((_, depth) => `/${directoriesOf(`${parts.slice(0, depth + 1).join('-')}.slice`)[0]}`)
    .join('');
}

/** A template's name inside that of its slice, where a dash leads one slice down. */
function escapedPrefix(prefix: string): string {
  return prefix.replace(
    /[-\\]|^\./g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Names of directories that stand for a unit: some names are escaped, by rules that differ between kernels. */
function directoriesOf(name: string): string[] {
  return name.startsWith('_') || name.startsWith('.') ? [`_${name}`] : [name, `_${name}`];
}

/** Opens the cgroup at a path if it is there; one that cannot be read is reported. */
export function openReported(unit: string, cgroup: string, tools: CgroupTools): CgroupInstance | undefined {
  const instance = CgroupInstance.open(unit, cgroup, tools);
  if (typeof instance !== 'string') return instance;
  if (instance !== 'gone') tools.report({ kind: 'unreadable', unit, cgroup, failure: instance });
  return undefined;
}
