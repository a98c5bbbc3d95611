import { realpathSync } from 'node:fs';
import { readKernelWhole } from '../kernel-file.ts';
import { readMembership } from '../proc/membership.ts';
import { mountOf, readMounts } from '../proc/mountinfo.ts';
import { listDirectories } from './directory.ts';
import type { CgroupLayout } from './layout.ts';
import { MOST_PROCS_BYTES } from './procs.ts';

const UP = '/..';

/**
 * Converts the paths in `/proc/PID/cgroup` to paths below one cgroup directory. They are relative to the root of
 * unitledger's cgroup namespace (cgroup_namespaces(7)): `/../../a` is `a` below the directory two levels above that
 * root.
 */
export class ShownPaths {
  /** The directory itself in that form: levels up, and the names that follow. */
  readonly #ups: number;
  readonly #names: string;
  readonly #findNamespaceRoot: () => string | undefined;
  #namespaceRoot: string | undefined | null = null;

  /**
   * `shown`: the directory itself in that form. `findNamespaceRoot` returns the path of the namespace's root below that
   * directory, or undefined; it is called at most once, when needed.
   */
  constructor(shown: string, findNamespaceRoot: () => string | undefined) {
    [this.#ups, this.#names] = parted(shown);
    this.#findNamespaceRoot = findNamespaceRoot;
  }

  /** The path below the directory, with a leading `/`; undefined for other paths. */
  below(shown: string): string | undefined {
    const [ups, names] = parted(shown);
    if (this.#names !== '' || this.#ups === 0) {
      // The namespace's root is not below the directory, so all paths below the directory have the same prefix.
      if (ups !== this.#ups) return undefined;
      if (names === this.#names) return '/';
      return names.startsWith(`${this.#names}/`) ? names.slice(this.#names.length) : undefined;
    }
    if (ups > this.#ups) return undefined;
    if (ups === this.#ups) return names === '' ? '/' : names;
    if (this.#namespaceRoot === null) this.#namespaceRoot = this.#findNamespaceRoot();
    const parents = this.#namespaceRoot?.split('/').slice(1, 1 + this.#ups - ups);
    return parents === undefined ? undefined : `/${parents.join('/')}${names}`;
  }
}

/** Reads the unit-tree cgroup of a process from `/proc/PID/cgroup` (cgroups(7)). */
export class MembershipReader {
  readonly #procRoot: string;
  readonly #hierarchy: 'unified' | 'systemd';
  readonly #paths: ShownPaths;
  /** Path of the unit tree's root below its mount: empty, or with a leading `/`. */
  readonly #unitRoot: string;

  constructor(procRoot: string, layout: Pick<CgroupLayout, 'kind' | 'unitRoot'>) {
    this.#procRoot = procRoot;
    this.#hierarchy = layout.kind === 'v1' ? 'systemd' : 'unified';
    const { root, mountPoint, below } = placeOf(layout.unitRoot);
    this.#unitRoot = below;
    this.#paths = new ShownPaths(root, () =>
      findNamespaceRoot(mountPoint, root.split('/').length - 1, this.#hierarchy),
    );
  }

  /** Path of its cgroup below the root of the unit tree; undefined if it is in none, is gone, or cannot be read. */
  read(pid: number): string | undefined {
    const cgroup = readMembership(this.#procRoot, pid)?.[this.#hierarchy];
    if (cgroup === undefined || cgroup === null || cgroup.deleted) return undefined;
    const path = this.#paths.below(cgroup.path);
    if (path === undefined || this.#unitRoot === '') return path;
    if (path === this.#unitRoot) return '/';
    return path.startsWith(`${this.#unitRoot}/`) ? path.slice(this.#unitRoot.length) : undefined;
  }
}

/** Location of a directory of a cgroup tree. */
interface Place {
  /** The mounted cgroup, as shown in unitledger's cgroup namespace; `/` if unknown. */
  readonly root: string;
  readonly mountPoint: string;
  /** Path of the directory below the mount point: empty, or with a leading `/`. */
  readonly below: string;
}

function placeOf(directory: string): Place {
  const saved = { root: '/', mountPoint: directory, below: '' };
  let path: string;
  try {
    path = realpathSync(directory);
  } catch {
    // A missing tree holds no units; discovery reports that.
    return saved;
  }
  const mount = mountOf(readMounts(), path);
  if (mount === undefined || !mount.type.startsWith('cgroup')) return saved;
  return { root: mount.root, mountPoint: mount.mountPoint, below: path.slice(mount.mountPoint.length) };
}

/**
 * The root of unitledger's cgroup namespace, `depth` levels below `directory`: the cgroup that lists unitledger. The
 * kernel does not show the root in another way, so the tree is searched.
 */
function findNamespaceRoot(
  directory: string,
  depth: number,
  hierarchy: 'unified' | 'systemd',
): string | undefined {
  const own = readMembership('/proc', 'self')?.[hierarchy];
  if (own === undefined || own === null || own.outside) return undefined;
  const below = own.path === '/' ? '' : own.path;
  const find = (path: string, levels: number): string | undefined => {
    if (levels === 0) return lists(`${directory}${path}${below}`, process.pid) ? path : undefined;
    const names = listDirectories(directory + path);
    if (typeof names === 'string') return undefined;
    for (const name of names) {
      const found = find(`${path}/${name}`, levels - 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return find('', depth);
}

function lists(directory: string, pid: number): boolean {
  // There may be no such cgroup in this branch, or a threaded one.
  const procs = readKernelWhole(`${directory}/cgroup.procs`, MOST_PROCS_BYTES);
  return typeof procs !== 'string' && procs.text.split('\n').includes(String(pid));
}

/** Number of levels up, and the remainder: empty, or with a leading `/`. */
function parted(shown: string): [ups: number, names: string] {
  let ups = 0;
  let at = 0;
  while (shown.startsWith(UP, at) && (shown.length === at + UP.length || shown[at + UP.length] === '/')) {
    ups++;
    at += UP.length;
  }
  const names = shown.slice(at);
  return [ups, names === '/' ? '' : names];
}
