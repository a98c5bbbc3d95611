import { type DirectoryStamp, listDirectories, stampOf } from '../host/cgroup/directory.ts';
import type { CgroupReader } from '../host/cgroup/reader.ts';
import {
  isSliceName,
  isUnitName,
  ROOT_SLICE,
  unescapeDirectory,
  userOfManager,
} from '../host/cgroup/unit-name.ts';
import { DirectoryWatch } from '../host/cgroup/watch.ts';

/** A unit's directory. */
export interface UnitDirectory {
  /** As `unitOfPath` names it. */
  readonly unit: string;
  /** Below the root of the unit tree, with a leading `/`. */
  readonly path: string;
}

/** A directory whose directories are units: the root, a slice, a user manager. */
interface Branch {
  readonly path: string;
  /** What qualifies the names below: empty, or `user@N.service/`. */
  readonly qualifier: string;
  stamp: DirectoryStamp;
  units: readonly UnitDirectory[];
  branches: readonly Branch[];
}

/**
 * All units that the cgroup tree holds, by its names alone. Only directories that can hold units are entered, and only
 * those where a directory came or went (by the number of links) are listed again; a swap of one for another between
 * two updates stays unseen until a thorough one.
 */
export class UnitTree {
  readonly #root: string;
  readonly #reader: CgroupReader;
  #watch: DirectoryWatch | undefined;
  #trunk: Branch | undefined;
  #units: readonly UnitDirectory[] = [];
  /** Cgroups of any kind in the whole tree at the last update. */
  #below: 'gone' | number = 'gone';
  /** What the next update has still to do in this refresh. */
  #due: 'all' | 'thorough' | 'nothing' = 'all';

  constructor(unitRoot: string, reader: CgroupReader) {
    this.#root = unitRoot;
    this.#reader = reader;
  }

  /** As of the last update; slices and user managers come before what is below them. */
  get units(): readonly UnitDirectory[] {
    return this.#units;
  }

  /** The next `update` looks again. */
  refresh(): void {
    this.#due = 'all';
  }

  /**
   * Looks for units that came or went, once a refresh; `thorough` lists every directory again, whatever the signs say.
   */
  update(thorough: boolean): void {
    if (this.#due === 'nothing' || (this.#due === 'thorough' && !thorough)) return;
    this.#due = thorough ? 'nothing' : 'thorough';
    const below = this.#lookAtRoot();
    if (below === 'gone') {
      this.#trunk = undefined;
      this.#units = [];
    } else if (below !== this.#below || thorough) {
      this.#trunk = this.#updated(this.#trunk, '', '', thorough);
      const units: UnitDirectory[] = this.#trunk === undefined ? [] : [{ unit: ROOT_SLICE, path: '/' }];
      if (this.#trunk !== undefined) collect(this.#trunk, units);
      this.#units = units;
    }
    this.#below = below;
  }

  close(): void {
    this.#watch?.close();
  }

  #lookAtRoot(): 'gone' | number {
    if (this.#watch === undefined) {
      const watch = DirectoryWatch.open(this.#root, this.#reader);
      if (typeof watch === 'string') return 'gone';
      this.#watch = watch;
    }
    const below = this.#watch.look();
    if (below === 'gone') {
      this.#watch.close();
      this.#watch = undefined;
    }
    return below;
  }

  #updated(
    known: Branch | undefined,
    path: string,
    qualifier: string,
    thorough: boolean,
  ): Branch | undefined {
    const stamp = stampOf(path === '' ? this.#root : this.#root + path);
    if (typeof stamp === 'string') return undefined;
    const same = !thorough && known !== undefined && stamp.links !== 1;
    if (same && stamp.inode === known.stamp.inode && stamp.links === known.stamp.links) {
      known.branches = known.branches
        .map((branch) => this.#updated(branch, branch.path, branch.qualifier, false))
        .filter((branch) => branch !== undefined);
      return known;
    }
    return this.#listed(known, { path, qualifier, stamp, units: [], branches: [] }, thorough);
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

function collect(branch: Branch, into: UnitDirectory[]): void {
  for (const unit of branch.units) into.push(unit);
  for (const below of branch.branches) collect(below, into);
}
