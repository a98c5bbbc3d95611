import { type CgroupDirectory, fileIn, listSubdirectories } from '../../host/cgroup/directory.ts';
import type { CgroupFile, CgroupReader } from '../../host/cgroup/reader.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import type { DistinctPids } from '../processes/pid-marks.ts';

interface SubCgroup {
  /** Path below the target's own cgroup, with a leading `/`; invalid UTF-8 is replaced. */
  readonly path: string;
  /** Key of its directory. */
  readonly key: string;
  readonly procs: CgroupFile;
}

/** The cgroups below a target's own, dot directories included, with their `cgroup.procs` held open. */
export class Subtree {
  readonly #root: string;
  readonly #reader: CgroupReader;
  readonly #refused: (path: string, failure: ReadFailure) => void;
  #cgroups: SubCgroup[] = [];
  #size = 0;
  /** Keys of threaded cgroups, whose processes another cgroup lists. */
  #threaded = new Set<string>();

  /** `refused` is called with each cgroup that exists but cannot be read. */
  constructor(root: string, reader: CgroupReader, refused: (path: string, failure: ReadFailure) => void) {
    this.#root = root;
    this.#reader = reader;
    this.#refused = refused;
  }

  /** Number of cgroups that the last walk found. */
  get size(): number {
    return this.#size;
  }

  /**
   * Whether a read of each cgroup detects its removal. If so, an unchanged number of cgroups without detected removals
   * means that they are the same.
   */
  get isCertain(): boolean {
    return this.#threaded.size === 0;
  }

  /** Finds the cgroups again and returns the new ones. A directory that vanishes during the search is skipped. */
  walk(): readonly SubCgroup[] {
    const before = new Map(this.#cgroups.map((cgroup) => [cgroup.key, cgroup]));
    const threaded = new Set<string>();
    const added: SubCgroup[] = [];
    this.#cgroups = [];
    this.#size = 0;
    const pending: CgroupDirectory[] = [this.#root];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      const below = listSubdirectories(directory);
      if (typeof below === 'string') {
        this.#refuse(directory, below);
        continue;
      }
      this.#size += below.length;
      for (const child of below) {
        pending.push(child);
        const key = keyOf(child);
        if (this.#threaded.has(key)) {
          threaded.add(key);
          continue;
        }
        const known = before.get(key);
        if (known !== undefined) {
          before.delete(key);
          this.#cgroups.push(known);
          continue;
        }
        const procs = this.#reader.openProcs(fileIn(child, 'cgroup.procs'));
        if (typeof procs === 'string') {
          this.#refuse(child, procs);
          continue;
        }
        const cgroup = { path: child.toString().slice(this.#root.length), key, procs };
        this.#cgroups.push(cgroup);
        added.push(cgroup);
      }
    }
    this.#threaded = threaded;
    for (const { procs } of before.values()) this.#reader.close(procs);
    return added;
  }

  /** Like `walk`, but also reopens threaded cgroups, which may have been replaced by others of the same name. */
  walkThoroughly(): void {
    this.#threaded.clear();
    this.walk();
  }

  /**
   * Adds the PIDs of all cgroups, or of the given ones, to `pids`. Returns the number of processes that are invisible
   * to the reader, and whether a cgroup had vanished (`vanished`): it is dropped, and new ones may exist.
   */
  read(
    pids: DistinctPids,
    cgroups: readonly SubCgroup[] = this.#cgroups,
  ): { foreign: number; vanished: boolean } {
    let foreign = 0;
    let dropped: Set<SubCgroup> | undefined;
    let vanished = false;
    for (let i = 0; i < cgroups.length; i++) {
      const cgroup = cgroups[i]!;
      pids.subCgroup = cgroup.path;
      const outcome = this.#reader.readProcs(cgroup.procs, pids);
      if (typeof outcome === 'number') {
        foreign += outcome;
        continue;
      }
      // EOPNOTSUPP: the cgroup is threaded, and the root of its threaded domain lists its processes.
      if (outcome === 'unsupported') this.#threaded.add(cgroup.key);
      else if (outcome === 'gone') vanished = true;
      else {
        this.#refuse(cgroup.procs.path, outcome);
        continue;
      }
      dropped ??= new Set();
      dropped.add(cgroup);
      this.#reader.close(cgroup.procs);
    }
    if (dropped !== undefined) this.#cgroups = this.#cgroups.filter((cgroup) => !dropped.has(cgroup));
    return { foreign, vanished };
  }

  close(): void {
    for (const { procs } of this.#cgroups) this.#reader.close(procs);
    this.#cgroups = [];
  }

  #refuse(path: CgroupDirectory, failure: ReadFailure): void {
    if (failure !== 'gone') this.#refused(path.toString(), failure);
  }
}

/** Keys of bytes and of text never collide: a name given as bytes is not valid UTF-8. */
function keyOf(path: CgroupDirectory): string {
  return typeof path === 'string' ? path : `\0${path.toString('latin1')}`;
}
