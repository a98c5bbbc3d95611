import { listDirectories, stampOf } from '../host/cgroup/directory.ts';
import type { CgroupLayout } from '../host/cgroup/layout.ts';
import type { CgroupFile, CgroupReader } from '../host/cgroup/reader.ts';
import type { ReadFailure } from '../host/read-failure.ts';

/** A cgroup of a slice that has ended since the tick before. */
export interface EndedChild {
  /** Name of its directory. */
  readonly name: string;
  readonly inode: number;
  /** CPU that it was last read to have used. */
  readonly seconds: number;
}

/** A cgroup of a slice that is there. */
export interface PresentChild {
  readonly inode: number;
  /** It was met in this tick. */
  readonly isNew: boolean;
}

/** The cgroups of a slice at one time. */
export interface ChildrenReading {
  /** CPU of all that are there, since each was made. */
  readonly seconds: number;
  readonly ended: readonly EndedChild[];
  /** Those that are there, by name. */
  readonly present: ReadonlyMap<string, PresentChild>;
}

interface Child extends EndedChild, PresentChild {
  readonly usage: CgroupFile;
  seconds: number;
  isNew: boolean;
}

/** A directory has two links and one more for each directory in it. */
const OWN_LINKS = 2;

/**
 * A slice's directory and those in it, in the tree where CPU is counted, each with its counter held open: a counter
 * that is held says when its cgroup was removed, even if there is another of that name.
 */
export class SliceChildren {
  readonly #directory: string;
  readonly #fileName: string;
  readonly #reader: CgroupReader;
  readonly #readSeconds: (file: CgroupFile) => number | ReadFailure;
  readonly #usage: CgroupFile;
  readonly #procs: CgroupFile | undefined;
  readonly #children = new Map<string, Child>();

  private constructor(directory: string, layout: CgroupLayout, reader: CgroupReader, usage: CgroupFile) {
    this.#directory = directory;
    this.#fileName = fileNameIn(layout);
    this.#reader = reader;
    this.#readSeconds =
      layout.kind === 'v1'
        ? (file) => reader.readCpuacctSeconds(file)
        : (file) => reader.readCpuStatSeconds(file);
    this.#usage = usage;
    const procs = reader.open(`${directory}/cgroup.procs`);
    if (typeof procs !== 'string') this.#procs = procs;
  }

  /** The directory of the slice at `path`: whether it is the same, and how many cgroups it has. */
  static stampOf(path: string, layout: CgroupLayout): { inode: number; children: number } | ReadFailure {
    const directory = directoryOf(path, layout);
    const stamp = directory === undefined ? 'unsupported' : stampOf(directory);
    if (typeof stamp === 'string') return stamp;
    // File systems that don't count links have 1.
    if (stamp.links < OWN_LINKS) return 'unsupported';
    return { inode: stamp.inode, children: stamp.links - OWN_LINKS };
  }

  /** Undefined where its CPU is not counted, or no descriptors are left to hold. */
  static open(path: string, layout: CgroupLayout, reader: CgroupReader): SliceChildren | undefined {
    const directory = directoryOf(path, layout);
    if (directory === undefined) return undefined;
    const usage = reader.open(`${directory}/${fileNameIn(layout)}`);
    if (typeof usage === 'string') return undefined;
    if (usage.descriptor >= 0) return new SliceChildren(directory, layout, reader, usage);
    return undefined;
  }

  /** CPU of the slice since it was made: of all in it, what was removed too. */
  readSlice(): number | ReadFailure {
    return this.#readSeconds(this.#usage);
  }

  /**
   * Reads all that are there, and meets those that came. Not to be believed are slices with processes of their own
   * (`mixed`), and those where not all can be read.
   */
  readChildren(): ChildrenReading | ReadFailure | 'mixed' {
    if (this.#hasProcesses()) return 'mixed';
    const ended: EndedChild[] = [];
    let seconds = 0;
    for (const child of this.#children.values()) {
      const now = this.#readSeconds(child.usage);
      if (typeof now === 'number') {
        child.seconds = now;
        seconds += now;
        child.isNew = false;
      } else if (now === 'gone') {
        this.#drop(child);
        ended.push(child);
      } else return now;
    }
    const stamp = stampOf(this.#directory);
    if (typeof stamp === 'string') return stamp;
    if (stamp.links - OWN_LINKS === this.#children.size && ended.length === 0) {
      return { seconds, ended, present: this.#children };
    }
    const added = this.#meet();
    if (typeof added !== 'number') return added;
    return { seconds: seconds + added, ended, present: this.#children };
  }

  close(): void {
    for (const child of this.#children.values()) this.#drop(child);
    this.#reader.close(this.#usage);
    if (this.#procs !== undefined) this.#reader.close(this.#procs);
  }

  /** Opens those that are new. Returns the CPU that they have used. */
  #meet(): number | ReadFailure {
    const names = listDirectories(this.#directory);
    if (typeof names === 'string') return names;
    let seconds = 0;
    for (const name of names) {
      if (this.#children.has(name)) continue;
      const directory = `${this.#directory}/${name}`;
      const usage = this.#reader.open(`${directory}/${this.#fileName}`);
      if (usage === 'gone') continue;
      if (typeof usage === 'string') return usage;
      if (usage.descriptor < 0) return 'exhausted';
      const stamp = stampOf(directory);
      const now = this.#readSeconds(usage);
      if (typeof now !== 'number' || typeof stamp === 'string') {
        this.#reader.close(usage);
        continue;
      }
      this.#children.set(name, { name, inode: stamp.inode, usage, seconds: now, isNew: true });
      seconds += now;
    }
    return seconds;
  }

  #hasProcesses(): boolean {
    if (this.#procs === undefined) return false;
    let count = 0;
    const foreign = this.#reader.readProcs(this.#procs, { push: () => void count++ });
    return count > 0 || (typeof foreign === 'number' && foreign > 0);
  }

  #drop(child: Child): void {
    this.#reader.close(child.usage);
    this.#children.delete(child.name);
  }
}

function directoryOf(path: string, layout: CgroupLayout): string | undefined {
  const root = layout.kind === 'v1' ? layout.cpuacctRoot : layout.unitRoot;
  return root === null ? undefined : root + path;
}

function fileNameIn(layout: CgroupLayout): string {
  return layout.kind === 'v1' ? 'cpuacct.usage' : 'cpu.stat';
}
