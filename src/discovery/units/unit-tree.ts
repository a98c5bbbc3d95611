import { type DirectoryStamp, listDirectories, stampOf } from '../../host/cgroup/directory.ts';
import {
  isSliceName,
  isUnitName,
  ROOT_SLICE,
  unescapeDirectory,
  userOfManager,
} from '../../host/cgroup/unit-name.ts';

export interface UnitDirectory {
  /** Name as returned by `unitOfPath`. */
  readonly unit: string;
  /** Below the root of the unit tree, with a leading `/`. */
  readonly path: string;
}

/** A directory whose subdirectories are units: the root, a slice, a user manager. */
export interface UnitBranch {
  /** Below the root of the unit tree, with a leading `/`; empty for the root. */
  readonly path: string;
  /** Prefix of the unit names below: empty, or `user@N.service/`. */
  readonly qualifier: string;
  readonly inode: number;
  /** Whether it was created after the first update. */
  readonly isNew: boolean;
}

interface Branch extends UnitBranch {
  stamp: DirectoryStamp;
  units: readonly UnitDirectory[];
  branches: readonly Branch[];
}

/**
 * All units in the cgroup tree, by directory names only. Only directories that can hold units are entered, and only
 * those whose number of links or modification time changed are listed again. On file systems without modification
 * times, the replacement of one directory by another is found by the next thorough update only.
 */
export class UnitTree {
  readonly #root: string;
  #trunk: Branch | undefined;
  #units: readonly UnitDirectory[] = [];
  #branches: ReadonlyMap<string, UnitBranch> = new Map();
  /** Paths of branches with a change reported by an event. */
  readonly #changed = new Set<string>();
  #isFirst = true;
  #pathsOf: Map<string, string[]> | undefined;
  /** Whether any directory was listed or found gone in the current update. */
  #moved = false;
  /** Remaining work of the next update in this refresh. */
  #due: 'all' | 'thorough' | 'nothing' = 'all';

  constructor(unitRoot: string) {
    this.#root = unitRoot;
  }

  /**
   * As of the last update; slices and user managers come before the units below them. The same list object means no
   * change.
   */
  get units(): readonly UnitDirectory[] {
    return this.#units;
  }

  /** Directories that can hold units, by path, as of the last update. The same map object means no change. */
  get branches(): ReadonlyMap<string, UnitBranch> {
    return this.#branches;
  }

  /** A directory was created or removed in the branch at `path`: the next `update` lists the branch again. */
  noteChange(path: string): void {
    this.#changed.add(path);
    if (this.#due === 'nothing' || this.#due === 'thorough') this.#due = 'all';
  }

  /** Directory paths of one unit; usually one. */
  pathsOf(unit: string): readonly string[] {
    if (this.#pathsOf === undefined) {
      this.#pathsOf = new Map();
      for (const { unit: name, path } of this.#units) {
        const paths = this.#pathsOf.get(name);
        if (paths === undefined) this.#pathsOf.set(name, [path]);
        else paths.push(path);
      }
    }
    return this.#pathsOf.get(unit) ?? [];
  }

  /** Makes the next `update` search again. */
  refresh(): void {
    this.#due = 'all';
  }

  /** Searches for new and removed units, once a refresh; `thorough` lists every directory again. */
  update(thorough: boolean): void {
    if (this.#due === 'nothing' || (this.#due === 'thorough' && !thorough)) return;
    this.#due = thorough ? 'nothing' : 'thorough';
    this.#moved = false;
    this.#trunk = this.#updated(this.#trunk, '', '', thorough);
    this.#changed.clear();
    this.#isFirst = false;
    if (!this.#moved) return;
    const units: UnitDirectory[] = this.#trunk === undefined ? [] : [{ unit: ROOT_SLICE, path: '/' }];
    const branches = new Map<string, UnitBranch>();
    if (this.#trunk !== undefined) collect(this.#trunk, units, branches);
    this.#units = units;
    this.#branches = branches;
    this.#pathsOf = undefined;
  }

  #updated(
    known: Branch | undefined,
    path: string,
    qualifier: string,
    thorough: boolean,
  ): Branch | undefined {
    const stamp = stampOf(path === '' ? this.#root : this.#root + path);
    if (typeof stamp === 'string') {
      this.#moved = true;
      return undefined;
    }
    const isListed = !thorough && !this.#changed.has(path);
    if (isListed && known !== undefined && isSame(stamp, known.stamp)) {
      known.branches = known.branches
        .map((branch) => this.#updated(branch, branch.path, branch.qualifier, false))
        .filter((branch) => branch !== undefined);
      return known;
    }
    this.#moved = true;
    const { inode } = stamp;
    const isNew = known?.inode === inode ? known.isNew : !this.#isFirst;
    return this.#listed(known, { path, qualifier, inode, isNew, stamp, units: [], branches: [] }, thorough);
  }

  #listed(known: Branch | undefined, branch: Branch, thorough: boolean): Branch | undefined {
    const names = listDirectories(branch.path === '' ? this.#root : this.#root + branch.path);
    if (typeof names === 'string') return undefined;
    const units: UnitDirectory[] = [];
    const branches: Branch[] = [];
    const before = new Map(known?.branches.map((other) => [other.path, other]));
    for (const directory of names.sort()) {
      const name = unescapeDirectory(directory);
      if (name === ROOT_SLICE || !isUnitName(name)) continue;
      const path = `${branch.path}/${directory}`;
      units.push({ unit: branch.qualifier + name, path });
      const isManager = branch.qualifier === '' && userOfManager(name) !== undefined;
      if (!isManager && !isSliceName(name)) continue;
      const qualifier = isManager ? `${name}/` : branch.qualifier;
      const below = this.#updated(before.get(path), path, qualifier, thorough);
      if (below !== undefined) branches.push(below);
    }
    branch.units = units;
    branch.branches = branches;
    return branch;
  }
}

function isSame(now: DirectoryStamp, before: DirectoryStamp): boolean {
  return (
    now.links !== 1 &&
    now.inode === before.inode &&
    now.links === before.links &&
    now.modifiedMillis === before.modifiedMillis
  );
}

function collect(branch: Branch, units: UnitDirectory[], branches: Map<string, UnitBranch>): void {
  branches.set(branch.path, branch);
  for (const unit of branch.units) units.push(unit);
  for (const below of branch.branches) collect(below, units, branches);
}
