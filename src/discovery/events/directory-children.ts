import { listDirectories, stampOf } from '../../host/cgroup/directory.ts';
import type { FigureReader } from '../../host/cgroup/figure-reader.ts';
import type { FileEvents, NoEventsReason } from '../../host/cgroup/file-events.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import type { CgroupFile, CgroupReader } from '../../host/cgroup/reader.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import { PopulatedWatch } from './populated-watch.ts';

/** What directories and the cgroups in them are read and watched with. */
export interface DirectoryTools {
  readonly layout: CgroupLayout;
  readonly reader: CgroupReader;
  readonly figures: FigureReader;
  /** Null without events. */
  readonly events: FileEvents | null;
  /** A cgroup or directory cannot be watched. */
  readonly eventsFailed: (reason: NoEventsReason) => void;
}

/** A cgroup of a directory that was removed since the previous reading. */
export interface EndedChild {
  /** Name of its directory. */
  readonly name: string;
  readonly inode: number;
  /** CPU that it was last read to have used. */
  readonly seconds: number;
  /** Whether it had no process any more then. */
  readonly isFinal: boolean;
  /** Whether it was there at the first reading. */
  readonly isFromStart: boolean;
}

/** A cgroup of a directory that is there. */
export interface PresentChild {
  readonly inode: number;
  /** It was found by this reading. */
  readonly isNew: boolean;
}

/** The cgroups of a directory at one time. */
export interface ChildrenReading {
  /** CPU of all that are there, since each was created. */
  readonly seconds: number;
  readonly ended: readonly EndedChild[];
  /** Those that are there, by name. */
  readonly present: ReadonlyMap<string, PresentChild>;
}

interface Child extends PresentChild {
  readonly name: string;
  readonly usage: CgroupFile;
  /** Null where an instance has its own. */
  readonly watch: PopulatedWatch | null;
  readonly isFromStart: boolean;
  seconds: number;
  isNew: boolean;
}

/**
 * A directory with more cgroups is not read, except for the minute after an instance in it ended: without events all are
 * read in every tick, with events when one was removed.
 */
const MOST_CHILDREN = 64;
const MOST_CHILDREN_WITH_EVENTS = 256;
const UNSETTLED_SECONDS = 60;
/** A directory has two links and one more for each directory in it. */
const OWN_LINKS = 2;

/**
 * A directory of cgroups, usually a slice, in the tree where CPU is counted, with its counter and theirs held open: a
 * read of a held counter fails once its cgroup is removed, even if there is another of that name.
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
    const procs = reader.open(`${directory}/cgroup.procs`);
    if (typeof procs !== 'string') this.#procs = procs;
  }

  /** The directory at `path`: whether it is the same, and how many cgroups it has. */
  static stampOf(path: string, layout: CgroupLayout): { inode: number; children: number } | ReadFailure {
    const directory = directoryOf(path, layout);
    const stamp = directory === undefined ? 'unsupported' : stampOf(directory);
    if (typeof stamp === 'string') return stamp;
    // File systems that don't count links have 1.
    if (stamp.links < OWN_LINKS) return 'unsupported';
    return { inode: stamp.inode, children: stamp.links - OWN_LINKS };
  }

  /** Undefined where its CPU is not counted, or no descriptors are left to hold. */
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

  /** The cgroups that were there at the last reading, by name. */
  get present(): ReadonlyMap<string, PresentChild> {
    return this.#children;
  }

  /** CPU of the directory since it was created: of all in it, removed ones too. */
  readOwn(): number | ReadFailure {
    return this.#readSeconds(this.#usage);
  }

  /**
   * Reads all that are there, and opens those that came; `hasWatch` says which have a watch of their own. A directory
   * with processes of its own (`mixed`), or of which not all can be read, tells nothing.
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

  /** All that are left, now that the directory itself is gone. */
  endAll(): EndedChild[] {
    return [...this.#children.values()].map(endOf);
  }

  close(): void {
    for (const child of this.#children.values()) this.#drop(child);
    this.#reader.close(this.#usage);
    if (this.#procs !== undefined) this.#reader.close(this.#procs);
  }

  /** Opens those that are new. Returns the CPU that they have used. */
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

/** Whether a directory of so many cgroups is read; `sinceEndSeconds`: since an instance in it ended. */
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
