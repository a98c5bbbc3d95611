import { listDirectories, stampOf } from '../../host/cgroup/directory.ts';
import type { FigureReader } from '../../host/cgroup/figure-reader.ts';
import type { FileEvents, NoEventsReason } from '../../host/cgroup/file-events.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import type { CgroupFile, CgroupReader } from '../../host/cgroup/reader.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import { PopulatedWatch } from './populated-watch.ts';

/** Tools to read and watch directories and their cgroups. */
export interface DirectoryTools {
  readonly layout: CgroupLayout;
  readonly reader: CgroupReader;
  readonly figures: FigureReader;
  /** Null without events. */
  readonly events: FileEvents | null;
  /** Called if a cgroup or directory cannot be watched. */
  readonly eventsFailed: (reason: NoEventsReason) => void;
}

/** A cgroup of a directory that was removed since the previous reading. */
export interface EndedChild {
  /** Directory name. */
  readonly name: string;
  readonly inode: number;
  /** Last CPU reading. */
  readonly seconds: number;
  /** Whether its last process had ended at that reading. */
  readonly isFinal: boolean;
  /** Whether it existed at the first reading. */
  readonly isFromStart: boolean;
}

/** An existing cgroup of a directory. */
export interface PresentChild {
  readonly inode: number;
  /** Found by this reading. */
  readonly isNew: boolean;
}

/** The cgroups of a directory at one time. */
export interface ChildrenReading {
  /** CPU of all existing cgroups, since the creation of each. */
  readonly seconds: number;
  readonly ended: readonly EndedChild[];
  /** Existing cgroups by name. */
  readonly present: ReadonlyMap<string, PresentChild>;
}

interface Child extends PresentChild {
  readonly name: string;
  readonly usage: CgroupFile;
  /** Null if an instance has its own watch. */
  readonly watch: PopulatedWatch | null;
  readonly isFromStart: boolean;
  seconds: number;
  isNew: boolean;
}

/**
 * Directories with more cgroups are read only for a minute after an instance in them ended. Without events all cgroups
 * are read in every tick; with events, after a removal.
 */
const MOST_CHILDREN = 64;
const MOST_CHILDREN_WITH_EVENTS = 256;
const UNSETTLED_SECONDS = 60;
/** A directory has two links, plus one for each subdirectory. */
const OWN_LINKS = 2;

/**
 * A directory of cgroups, usually a slice, in the tree that counts CPU. Its counter and theirs are held open: reading a
 * held counter fails after the removal of its cgroup, even if another one has the same name.
 */
export class DirectoryChildren {
  readonly #directory: string;
  readonly #fileName: string;
  readonly #tools: DirectoryTools;
  readonly #reader: CgroupReader;
  readonly #readSeconds: (file: CgroupFile) => number | ReadFailure;
  readonly #usage: CgroupFile;
  readonly #procs: CgroupFile | undefined;
  readonly #children = new Map<string, Child>();
  #wasRead = false;

  private constructor(directory: string, tools: DirectoryTools, usage: CgroupFile) {
    const { layout, reader } = tools;
    this.#directory = directory;
    this.#tools = tools;
    this.#fileName = fileNameIn(layout);
    this.#reader = reader;
    this.#readSeconds =
      layout.kind === 'v1'
        ? (file) => reader.readCpuacctSeconds(file)
        : (file) => reader.readCpuStatSeconds(file);
    this.#usage = usage;
    const procs = reader.openProcs(`${directory}/cgroup.procs`);
    if (typeof procs !== 'string') this.#procs = procs;
  }

  /** Identity of the directory at `path`, and the number of its cgroups. */
  static stampOf(path: string, layout: CgroupLayout): { inode: number; children: number } | ReadFailure {
    const directory = directoryOf(path, layout);
    const stamp = directory === undefined ? 'unsupported' : stampOf(directory);
    if (typeof stamp === 'string') return stamp;
    // File systems that do not count links report 1.
    if (stamp.links < OWN_LINKS) return 'unsupported';
    return { inode: stamp.inode, children: stamp.links - OWN_LINKS };
  }

  /** Undefined if its CPU is not counted, or if no descriptors are left. */
  static open(path: string, tools: DirectoryTools): DirectoryChildren | undefined {
    const { layout, reader } = tools;
    const directory = directoryOf(path, layout);
    if (directory === undefined) return undefined;
    const usage = reader.open(`${directory}/${fileNameIn(layout)}`);
    if (typeof usage === 'string') return undefined;
    if (usage.descriptor >= 0) return new DirectoryChildren(directory, tools, usage);
    reader.close(usage);
    return undefined;
  }

  /** Cgroups that existed at the last reading, by name. */
  get present(): ReadonlyMap<string, PresentChild> {
    return this.#children;
  }

  /** CPU of the directory since its creation, including removed cgroups. */
  readOwn(): number | ReadFailure {
    return this.#readSeconds(this.#usage);
  }

  /**
   * Reads all existing cgroups and opens new ones; `hasWatch`: whether the cgroup of this name has a watch of its own.
   * Fails if the directory has processes of its own (`mixed`), or if a cgroup cannot be read.
   */
  readChildren(hasWatch: (name: string) => boolean): ChildrenReading | ReadFailure | 'mixed' {
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
        ended.push(endOf(child));
        this.#drop(child);
      } else return now;
    }
    const stamp = stampOf(this.#directory);
    if (typeof stamp === 'string') return stamp;
    if (stamp.links - OWN_LINKS === this.#children.size && ended.length === 0) {
      return { seconds, ended, present: this.#children };
    }
    const added = this.#meet(hasWatch);
    if (typeof added !== 'number') return added;
    return { seconds: seconds + added, ended, present: this.#children };
  }

  /** All remaining cgroups, after the directory itself was removed. */
  endAll(): EndedChild[] {
    return [...this.#children.values()].map(endOf);
  }

  close(): void {
    for (const child of this.#children.values()) this.#drop(child);
    this.#reader.close(this.#usage);
    if (this.#procs !== undefined) this.#reader.close(this.#procs);
  }

  /** Opens new cgroups. Returns their CPU. */
  #meet(hasWatch: (name: string) => boolean): number | ReadFailure {
    const names = listDirectories(this.#directory);
    if (typeof names === 'string') return names;
    let seconds = 0;
    for (const name of names) {
      if (this.#children.has(name)) continue;
      const directory = `${this.#directory}/${name}`;
      const usage = this.#reader.open(`${directory}/${this.#fileName}`);
      if (usage === 'gone') continue;
      if (typeof usage === 'string') return usage;
      if (usage.descriptor < 0) {
        this.#reader.close(usage);
        return 'exhausted';
      }
      const stamp = stampOf(directory);
      const now = this.#readSeconds(usage);
      if (typeof now !== 'number' || typeof stamp === 'string') {
        this.#reader.close(usage);
        continue;
      }
      const watch = hasWatch(name) ? null : this.#watch(directory, usage);
      const isFromStart = !this.#wasRead;
      const child = { name, inode: stamp.inode, usage, watch, isFromStart, seconds: now, isNew: true };
      this.#children.set(name, child);
      seconds += now;
    }
    this.#wasRead = true;
    return seconds;
  }

  #watch(directory: string, usage: CgroupFile): PopulatedWatch {
    const readCpuSeconds = () => {
      const seconds = this.#readSeconds(usage);
      return typeof seconds === 'number' ? seconds : Number.NaN;
    };
    const { events, figures, eventsFailed } = this.#tools;
    return new PopulatedWatch({ directory, readCpuSeconds }, true, events, figures, eventsFailed);
  }

  #hasProcesses(): boolean {
    if (this.#procs === undefined) return false;
    let count = 0;
    const foreign = this.#reader.readProcs(this.#procs, { push: () => void count++ });
    return count > 0 || (typeof foreign === 'number' && foreign > 0);
  }

  #drop(child: Child): void {
    child.watch?.close();
    this.#reader.close(child.usage);
    this.#children.delete(child.name);
  }
}

/** Whether a directory with this number of cgroups is read; `sinceEndSeconds`: time since an instance in it ended. */
export function isReadable(children: number, hasEvents: boolean, sinceEndSeconds: number): boolean {
  const most = hasEvents ? MOST_CHILDREN_WITH_EVENTS : MOST_CHILDREN;
  return children <= most || sinceEndSeconds <= UNSETTLED_SECONDS;
}

function endOf({ name, inode, seconds, watch, isFromStart }: Child): EndedChild {
  const last = watch?.seconds ?? Number.NaN;
  const isFinal = watch?.isFinal ?? false;
  return { name, inode, seconds: last > seconds ? last : seconds, isFinal, isFromStart };
}

function directoryOf(path: string, layout: CgroupLayout): string | undefined {
  const root = layout.kind === 'v1' ? layout.cpuacctRoot : layout.unitRoot;
  return root === null ? undefined : root + (path === '/' ? '' : path);
}

function fileNameIn(layout: CgroupLayout): string {
  return layout.kind === 'v1' ? 'cpuacct.usage' : 'cpu.stat';
}
