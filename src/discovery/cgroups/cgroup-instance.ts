import { CpuUsage } from '../../host/cgroup/cpu-usage.ts';
import { stampOf } from '../../host/cgroup/directory.ts';
import { CgroupFigureFiles, type FigureReader } from '../../host/cgroup/figure-reader.ts';
import type { CgroupCounters, CgroupFigures } from '../../host/cgroup/figures.ts';
import type { FileEvents, NoEventsReason } from '../../host/cgroup/file-events.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import type { CgroupFile, CgroupReader } from '../../host/cgroup/reader.ts';
import { unitOfPath } from '../../host/cgroup/unit-path.ts';
import { DirectoryWatch } from '../../host/cgroup/watch.ts';
import { readKernelText } from '../../host/kernel-file.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import { PopulatedWatch } from '../events/populated-watch.ts';
import type { DistinctPids } from '../processes/distinct-pids.ts';
import type { MembershipScan } from '../processes/membership-scan.ts';
import type { TargetFinding } from '../targets/findings.ts';
import type { MemberSink, TargetInstance } from '../targets/targets.ts';
import { figuresBeyond } from './removed-figures.ts';
import { Subtree } from './subtree.ts';

/** What is known of the CPU and the figures of one cgroup, and how much of that the sampler has read. */
class KnownUsage {
  /** Whether it was there as the run began: what it used before the first sample is not booked. */
  readonly #wasThere: boolean;
  #knownSeconds = Number.NaN;
  #bookedSeconds = Number.NaN;
  #knownFigures: CgroupFigures | null = null;
  #bookedFigures: CgroupFigures | null = null;

  constructor(wasThere: boolean) {
    this.#wasThere = wasThere;
  }

  /** The most CPU that it is known to have used since it was created; NaN where nothing is known. */
  get seconds(): number {
    return this.#knownSeconds;
  }

  /** Counters as last read; null where none were. */
  get counters(): CgroupCounters | null {
    return this.#knownFigures?.counters ?? null;
  }

  /** CPU that is known and was never read by the sampler. */
  get unbookedSeconds(): number {
    const booked = Number.isNaN(this.#bookedSeconds) && !this.#wasThere ? 0 : this.#bookedSeconds;
    return this.#knownSeconds > booked ? this.#knownSeconds - booked : 0;
  }

  /** What its figures count beyond what was read by the sampler; null where that is not known. */
  get unbookedFigures(): CgroupFigures | null {
    if (this.#knownFigures === null || (this.#wasThere && this.#bookedFigures === null)) return null;
    return figuresBeyond(this.#knownFigures, this.#bookedFigures);
  }

  /** It was read to have used so much; NaN where it could not be read. Returns the same. */
  noteSeconds(seconds: number): number {
    if (seconds > this.#knownSeconds || Number.isNaN(this.#knownSeconds)) this.#knownSeconds = seconds;
    return seconds;
  }

  /** The sampler reads it. Once it is removed (NaN), its last reading stands. Returns what is booked. */
  bookSeconds(seconds: number): number {
    this.noteSeconds(seconds);
    this.#bookedSeconds = Number.isNaN(seconds) ? this.#knownSeconds : seconds;
    return this.#bookedSeconds;
  }

  noteFigures(figures: CgroupFigures): void {
    this.#knownFigures = figures;
  }

  bookFigures(figures: CgroupFigures): CgroupFigures {
    this.#bookedFigures = figures;
    this.#knownFigures = figures;
    return figures;
  }
}

/** What all instances read with. */
export interface CgroupTools {
  readonly layout: CgroupLayout;
  readonly reader: CgroupReader;
  readonly figures: FigureReader;
  /** Which start a unit of the host is in; null where that is not known. */
  readonly invocationOf: (unit: string) => string | null;
  readonly distinct: DistinctPids;
  /** Where `cgroup.procs` cannot name the processes of the `/proc` at hand: who does. */
  readonly scan: MembershipScan | null;
  readonly report: (finding: TargetFinding) => void;
  /** Null without events. */
  readonly events: FileEvents | null;
  readonly eventsFailed: (reason: NoEventsReason) => void;
  readonly listener: InstanceListener;
}

/** Receives the events of one instance. */
export interface InstanceListener {
  /** When the cgroup that is being opened was created, on the clock of the samples; NaN where that is not known. */
  readonly createdAtSeconds: number;
  /** Whether the search as the run begins is going on. */
  readonly isBeginning: boolean;
  opened(instance: CgroupInstance): void;
  ended(instance: CgroupInstance): void;
  /** The unit was started again in the directory that it had. */
  restarted(instance: CgroupInstance): void;
}

/** A cgroup directory of a target from when it was found until it is removed, with all below it. */
export class CgroupInstance implements TargetInstance {
  readonly unit: string;
  readonly cgroup: string;
  readonly #tools: CgroupTools;
  readonly #watch: DirectoryWatch;
  readonly #procs: CgroupFile;
  readonly #cpu: CpuUsage;
  readonly #subtree: Subtree;
  readonly #figures: CgroupFigureFiles;
  readonly #populated: PopulatedWatch;
  readonly createdAtSeconds: number;
  /** What is known of its CPU and figures, and how much of it the sampler has read. */
  readonly usage: KnownUsage;
  /** Whether the sampler has ever listed it. */
  wasListed = false;
  #isClosed = false;
  /** Whether it was reported that its processes cannot be listed. */
  #isUnreadable = false;
  #walkIsDue = true;
  #invocation: string | null;

  private constructor(
    unit: string,
    cgroup: string,
    tools: CgroupTools,
    watch: DirectoryWatch,
    procs: CgroupFile,
  ) {
    this.unit = unit;
    this.cgroup = cgroup;
    this.#tools = tools;
    this.#watch = watch;
    this.#procs = procs;
    this.#cpu = new CpuUsage(tools.reader, tools.layout, cgroup);
    this.#subtree = new Subtree(directoryOf(tools, cgroup), tools.reader, (path, failure) =>
      tools.report({
        kind: 'unreadable',
        unit,
        cgroup: path.slice(tools.layout.unitRoot.length),
        failure,
      }),
    );
    this.#figures = new CgroupFigureFiles(tools.figures, tools.layout, cgroup, (file, failure) =>
      tools.report({ kind: 'figures-unreadable', unit, file, failure }),
    );
    const { events, listener } = tools;
    this.createdAtSeconds = listener.createdAtSeconds;
    const wasThere = listener.isBeginning;
    this.usage = new KnownUsage(wasThere);
    const watched = {
      directory: directoryOf(tools, cgroup),
      readCpuSeconds: () => this.usage.noteSeconds(this.#cpu.readSeconds()),
      emptied: () => this.#readFinalFigures(),
    };
    // The watch comes first: a process that comes after it is reported.
    this.#populated = new PopulatedWatch(watched, wasThere, events, tools.figures, tools.eventsFailed);
    // A manager creates the directory, then records the start, then starts a process: before that, the record is of the
    // previous start.
    this.#invocation = this.#hasMembers() ? this.#readInvocation() : null;
    listener.opened(this);
  }

  /** Of the directory at `cgroup` (with a leading `/`) below the root of the unit tree, if it is there. */
  static open(unit: string, cgroup: string, tools: CgroupTools): CgroupInstance | ReadFailure {
    const directory = directoryOf(tools, cgroup);
    const watch = DirectoryWatch.open(directory, tools.reader);
    if (typeof watch === 'string') return watch;
    const procs = tools.reader.open(`${directory}/cgroup.procs`);
    if (typeof procs !== 'string') return new CgroupInstance(unit, cgroup, tools, watch, procs);
    watch.close();
    return procs;
  }

  /** Of its directory. */
  get inode(): number {
    return this.#watch.inode;
  }

  /** Of its directory in the tree where CPU is counted; NaN where there is none. */
  get cpuInode(): number {
    // The directory may have gone while its files were opened: its inode was read first.
    return this.#tools.layout.kind === 'v1' ? this.#cpu.inode : this.inode;
  }

  /** Whether its CPU was read after its last process had ended. */
  get isFinal(): boolean {
    return this.#populated.isFinal;
  }

  /** Whether the directory is still there, by a look of its own. */
  get isThere(): boolean {
    return !this.#isClosed && this.#watch.look() !== 'gone';
  }

  /** Whether the directory is still there. `thorough` searches below it again where no change counter can be trusted. */
  refresh(thorough: boolean): 'alive' | 'gone' {
    if (thorough) this.#findRestart();
    const below = this.#watch.look();
    if (below === 'gone') return 'gone';
    if (below !== this.#subtree.size) this.#walkIsDue = true;
    else if (thorough && !this.#subtree.isCertain) this.#subtree.walkThoroughly();
    return 'alive';
  }

  listMembers(sink: MemberSink): 'listed' | ReadFailure {
    if (this.#isClosed) return 'gone';
    const { distinct, reader, scan } = this.#tools;
    distinct.begin(scan === null ? sink : NOBODY);
    let foreign = reader.readProcs(this.#procs, distinct);
    if (typeof foreign === 'string') {
      if (foreign !== 'gone') this.#reportUnreadable(foreign);
      return foreign;
    }
    if (scan !== null) {
      scan.listBelow(this.cgroup, sink);
      return 'listed';
    }
    if (this.#walkIsDue) {
      this.#subtree.walk();
      this.#walkIsDue = false;
    }
    const below = this.#subtree.read(distinct);
    foreign += below.foreign;
    if (below.vanished) {
      // What went may have made room for something new, which no count of cgroups shows.
      const added = this.#subtree.read(distinct, this.#subtree.walk());
      foreign += added.foreign;
      this.#walkIsDue = added.vanished;
    }
    if (foreign > 0) {
      this.#tools.report({
        kind: 'foreign-pids',
        unit: this.unit,
        cgroup: this.cgroup,
        processes: foreign,
      });
    }
    return 'listed';
  }

  /** On v1, members are those of one tree, and the counter is of another. */
  get countsEveryMember(): boolean {
    return this.#tools.layout.kind !== 'v1' && this.#tools.scan === null;
  }

  readCpuSeconds(): number {
    return this.usage.bookSeconds(this.#isClosed ? Number.NaN : this.#cpu.readSeconds());
  }

  readFigures(): CgroupFigures | null {
    const figures = this.#figures.read();
    // They were read by path: only if it is still there, all of them are its own.
    return figures === null || !this.isThere ? null : this.usage.bookFigures(figures);
  }

  #readFinalFigures(): void {
    const figures = this.#figures.read();
    // Of another directory of its name, they are not its own.
    const stamp = stampOf(this.#watch.path);
    const isOwn = stamp === 'gone' || (typeof stamp !== 'string' && stamp.inode === this.inode);
    if (figures !== null && isOwn) this.usage.noteFigures(figures);
  }

  #reportUnreadable(failure: ReadFailure): void {
    const { unit, cgroup } = this;
    if (this.#isUnreadable) return;
    this.#isUnreadable = true;
    // EOPNOTSUPP of a threaded one.
    const { unitRoot } = this.#tools.layout;
    const domain = failure === 'unsupported' ? domainOfThreaded(unitRoot, cgroup) : null;
    if (domain === null) this.#tools.report({ kind: 'unreadable', unit, cgroup, failure });
    else this.#tools.report({ kind: 'threaded', unit, cgroup, domain });
  }

  #findRestart(): void {
    const invocation = this.#readInvocation();
    // It is that of the unit in another directory, if this one is gone.
    if (invocation === null || invocation === this.#invocation || !this.isThere) return;
    if (this.#invocation !== null) this.#tools.listener.restarted(this);
    this.#invocation = invocation;
  }

  #hasMembers(): boolean {
    let members = 0;
    const foreign = this.#tools.reader.readProcs(this.#procs, { push: () => void members++ });
    return members > 0 || (typeof foreign === 'number' && foreign > 0);
  }

  #readInvocation(): string | null {
    const place = unitOfPath(this.cgroup);
    const isHosts = place !== null && place.subPath === '' && !place.unit.includes('/');
    return isHosts ? this.#tools.invocationOf(place.unit) : null;
  }

  close(): void {
    this.#isClosed = true;
    this.#populated.close();
    this.#watch.close();
    this.#tools.reader.close(this.#procs);
    this.#cpu.close();
    this.#subtree.close();
  }
}

/** PIDs of another namespace than the one that is read name nobody there. */
const NOBODY: MemberSink = { push() {} };

function directoryOf(tools: CgroupTools, cgroup: string): string {
  return cgroup === '/' ? tools.layout.unitRoot : tools.layout.unitRoot + cgroup;
}

/**
 * The cgroup that lists the processes of a threaded one (cgroup-v2.rst, "Threads"): the nearest above it that is not threaded
 * itself. Paths have a leading `/` below `unitRoot`. `outside`: it is not below `unitRoot`; null if the cgroup is not
 * threaded.
 */
function domainOfThreaded(unitRoot: string, cgroup: string): string | 'outside' | null {
  if (!isThreaded(unitRoot + cgroup)) return null;
  for (let path = cgroup; path !== ''; ) {
    path = path.slice(0, path.lastIndexOf('/'));
    if (!isThreaded(unitRoot + path)) return path === '' ? '/' : path;
  }
  return 'outside';
}

/** The root of all cgroups has no type. */
function isThreaded(directory: string): boolean {
  const type = readKernelText(`${directory}/cgroup.type`);
  return typeof type !== 'string' && type.text.trimEnd() === 'threaded';
}
