import { INIT_SCOPE, isSliceName, ROOT_SLICE, userOfManager } from '../../host/cgroup/unit-name.ts';
import { unitOfPath } from '../../host/cgroup/unit-path.ts';
import { findAlias } from '../../host/systemd-alias.ts';
import type { UnitTree } from '../units/unit-tree.ts';
import { CgroupInstance, type CgroupTools } from './cgroup-instance.ts';

/** Searches for the cgroup directories of one target while none exists. */
export interface CgroupFinder {
  /** The name under which rows are booked. */
  readonly unit: string;
  /** Whether it is a unit name, which may be in any slice. */
  readonly isUnit: boolean;
  /** Its usual paths. */
  readonly places: readonly string[];
  /** Whether the target may be at this path; `unit`: the unit whose own cgroup is there, if any. */
  mayBeAt(path: string, unit: string | null): boolean;
  /** `thorough`: include expensive searches; set at a slow pace. */
  find(tree: UnitTree, thorough: boolean): CgroupInstance[];
  /** Records the last path of the target: the most likely one of its next instance. */
  wasAt(path: string): void;
}

/** A cgroup given by its path. */
export class PathFinder implements CgroupFinder {
  readonly unit: string;
  readonly isUnit = false;
  readonly #path: string;
  readonly #tools: CgroupTools;

  /** Default of `label`: the unit whose own directory `path` is, else the path. */
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

/** A unit given by its exact name. */
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

  /** The requested name or, once known, the unit that it is an alias of. */
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

  /** Returns whether the name has just turned out to be an alias. Units of user managers have their links elsewhere. */
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

/** Removes double and trailing slashes, `.` and `..`, so that no path leads out of the tree. */
function normalPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

/**
 * Default paths of a unit (systemd.slice(5), systemd.special(7)), likeliest first, with a leading `/`. Checking them is
 * cheaper than searching the whole tree, which finds units with their own `Slice=`. `unit` may be qualified by its user
 * manager. All paths map to `unit` by the rule of `unitOfPath`.
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

/** `/a.slice/a-b.slice` for `a-b.slice`. */
function slicePath(name: string): string {
  const parts = name.slice(0, -'.slice'.length).split('-');
  return parts
    .map((_, depth) => `/${directoriesOf(`${parts.slice(0, depth + 1).join('-')}.slice`)[0]}`)
    .join('');
}

/** Escapes a template name for its slice name, in which a dash starts a nested slice. */
function escapedPrefix(prefix: string): string {
  return prefix.replace(
    /[-\\]|^\./g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Directory names of a unit: some names are escaped, by rules that differ between kernels. */
function directoriesOf(name: string): string[] {
  return name.startsWith('_') || name.startsWith('.') ? [`_${name}`] : [name, `_${name}`];
}

/** Opens the cgroup at a path if it exists; reports one that cannot be read. */
export function openReported(unit: string, cgroup: string, tools: CgroupTools): CgroupInstance | undefined {
  const instance = CgroupInstance.open(unit, cgroup, tools);
  if (typeof instance !== 'string') return instance;
  if (instance !== 'gone') tools.report({ kind: 'unreadable', unit, cgroup, failure: instance });
  return undefined;
}
