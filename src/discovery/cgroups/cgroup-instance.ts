import { CpuUsage } from '../../host/cgroup/cpu-usage.ts';
import { stampOf } from '../../host/cgroup/directory.ts';
import { CgroupFigureFiles, type FigureReader } from '../../host/cgroup/figure-reader.ts';
import type { CgroupCounters, CgroupFigures } from '../../host/cgroup/figures.ts';
import type { FileEvents, NoEventsReason } from '../../host/cgroup/file-events.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import { type CgroupFile, type CgroupReader, ProcsBytes } from '../../host/cgroup/reader.ts';
import { unitOfPath } from '../../host/cgroup/unit-path.ts';
import { DirectoryWatch } from '../../host/cgroup/watch.ts';
import { readKernelText } from '../../host/kernel-file.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import { PopulatedWatch } from '../events/populated-watch.ts';
import type { MembershipScan } from '../processes/membership-scan.ts';
import type { DistinctPids } from '../processes/pid-marks.ts';
import type { TargetFinding } from '../targets/findings.ts';
import type { MemberSink, TargetInstance } from '../targets/targets.ts';
import { figuresBeyond } from './removed-figures.ts';
import { Subtree } from './subtree.ts';

/** Known CPU and metrics of one cgroup, and the part that the sampler has read. */
class KnownUsage {
  /** Whether the cgroup existed at the start of the run: usage before the first sample is not booked. */
  readonly #wasThere: boolean;
  #knownSeconds = Number.NaN;
  #bookedSeconds = Number.NaN;
  #knownFigures: CgroupFigures | null = null;
  #bookedFigures: CgroupFigures | null = null;

  constructor(wasThere: boolean) {
    this.#wasThere = wasThere;
  }

  /** Highest CPU reading since its creation; NaN if unknown. */
  get seconds(): number {
    return this.#knownSeconds;
  }

  /** Last counter reading; null if none. */
  get counters(): CgroupCounters | null {
    return this.#knownFigures?.counters ?? null;
  }

  /** Known CPU that the sampler never read. */
  get unbookedSeconds(): number {
    const booked = Number.isNaN(this.#bookedSeconds) && !this.#wasThere ? 0 : this.#bookedSeconds;
    return this.#knownSeconds > booked ? this.#knownSeconds - booked : 0;
  }

  /** Counts beyond the sampler's last reading; null if unknown. */
  get unbookedFigures(): CgroupFigures | null {
    if (this.#knownFigures === null || (this.#wasThere && this.#bookedFigures === null)) return null;
    return figuresBeyond(this.#knownFigures, this.#bookedFigures);
  }

  /** Records a CPU reading, NaN if it failed, and returns it. */
  noteSeconds(seconds: number): number {
    if (seconds > this.#knownSeconds || Number.isNaN(this.#knownSeconds)) this.#knownSeconds = seconds;
    return seconds;
  }

  /** Records a CPU reading by the sampler. After the removal (NaN) the last reading remains. Returns the booked value. */
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

/** Shared by all instances. */
export interface CgroupTools {
  readonly layout: CgroupLayout;
  readonly reader: CgroupReader;
  readonly figures: FigureReader;
  /** The invocation ID of a unit of the host; null if unknown. */
  readonly invocationOf: (unit: string) => string | null;
  readonly distinct: DistinctPids;
  /** Reads members if `cgroup.procs` lists PIDs of another namespace than `/proc`; else null. */
  readonly scan: MembershipScan | null;
  readonly report: (finding: TargetFinding) => void;
  /** Null without events. */
  readonly events: FileEvents | null;
  readonly eventsFailed: (reason: NoEventsReason) => void;
  readonly listener: InstanceListener;
}

/** Receives the events of one instance. */
export interface InstanceListener {
  /** Creation time of the cgroup that is being opened, on the samples' clock; NaN if unknown. */
  readonly createdAtSeconds: number;
  /** Whether the initial search of the run is in progress. */
  readonly isBeginning: boolean;
  opened(instance: CgroupInstance): void;
  ended(instance: CgroupInstance): void;
  /** The unit was restarted in the same directory. */
  restarted(instance: CgroupInstance): void;
}

/** A cgroup directory of a target with all sub-cgroups, from its discovery until its removal. */
export class CgroupInstance implements TargetInstance {
  readonly unit: string;
  readonly cgroup: string;
  readonly #tools: CgroupTools;
  readonly #watch: DirectoryWatch;
  readonly #procs: CgroupFile;
  /** The list of its own processes, without those of sub-cgroups. */
  readonly #listed = new ProcsBytes();
  readonly #cpu: CpuUsage;
  readonly #subtree: Subtree;
  readonly #figures: CgroupFigureFiles;
  readonly #populated: PopulatedWatch;
  readonly createdAtSeconds: number;
  readonly usage: KnownUsage;
  /** Whether the sampler has ever listed it. */
  wasListed = false;
  #isClosed = false;
  /** Whether the finding that its processes cannot be listed was reported. */
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
    // The watch is opened first, so that processes which appear later are reported.
    this.#populated = new PopulatedWatch(watched, wasThere, events, tools.figures, tools.eventsFailed);
    // A manager creates the directory, then records the invocation ID, then starts a process: until then the ID is that
    // of the previous start.
    this.#invocation = tools.reader.listsAny(procs) ? this.#readInvocation() : null;
    listener.opened(this);
  }

  /** Opens the directory at `cgroup` (with a leading `/`) below the root of the unit tree, if it exists. */
  static open(unit: string, cgroup: string, tools: CgroupTools): CgroupInstance | ReadFailure {
    const directory = directoryOf(tools, cgroup);
    const watch = DirectoryWatch.open(directory, tools.reader);
    if (typeof watch === 'string') return watch;
    const procs = tools.reader.openProcs(`${directory}/cgroup.procs`);
    if (typeof procs !== 'string') return new CgroupInstance(unit, cgroup, tools, watch, procs);
    watch.close();
    return procs;
  }

  /** Inode of its directory. */
  get inode(): number {
    return this.#watch.inode;
  }

  /** Inode of its directory in the tree that counts CPU; NaN if there is none. */
  get cpuInode(): number {
    // The directory may be removed while its files are opened, so its inode was read first.
    return this.#tools.layout.kind === 'v1' ? this.#cpu.inode : this.inode;
  }

  /** Whether its CPU was read after its last process had ended. */
  get isFinal(): boolean {
    return this.#populated.isFinal;
  }

  /** Checks whether the directory still exists. */
  get isThere(): boolean {
    return !this.#isClosed && this.#watch.look() !== 'gone';
  }

  /** Whether the directory still exists. `thorough` searches below it again if its change counters are unreliable. */
  refresh(thorough: boolean): 'alive' | 'gone' {
    if (thorough) this.#findRestart();
    const below = this.#watch.look();
    if (below === 'gone') return 'gone';
    if (below !== this.#subtree.size) this.#walkIsDue = true;
    else if (thorough && !this.#subtree.isCertain) this.#subtree.walkThoroughly();
    return 'alive';
  }

  listMembers(sink: MemberSink, mayBeSame = false): 'listed' | 'same' | ReadFailure {
    if (this.#isClosed) return 'gone';
    const { distinct, reader, scan } = this.#tools;
    distinct.begin(scan === null ? sink : NOBODY);
    const isAlone = scan === null && !this.#walkIsDue && this.#subtree.size === 0;
    let foreign = reader.readProcsUnlessSame(this.#procs, distinct, this.#listed, mayBeSame && isAlone);
    if (typeof foreign === 'string') {
      if (foreign === 'same') return foreign;
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
      // A new cgroup may have replaced a removed one without changing the count.
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

  /** On v1, the member list and the counter are in different trees. */
  get countsEveryMember(): boolean {
    return this.#tools.layout.kind !== 'v1' && this.#tools.scan === null;
  }

  readCpuSeconds(): number {
    return this.usage.bookSeconds(this.#isClosed ? Number.NaN : this.#cpu.readSeconds());
  }

  readFigures(): CgroupFigures | null {
    const figures = this.#figures.read();
    // The files were read by path: they belong to this cgroup only if it still exists.
    return figures === null || !this.isThere ? null : this.usage.bookFigures(figures);
  }

  #readFinalFigures(): void {
    const figures = this.#figures.read();
    // Values of another directory with the same name are ignored.
    const stamp = stampOf(this.#watch.path);
    const isOwn = stamp === 'gone' || (typeof stamp !== 'string' && stamp.inode === this.inode);
    if (figures !== null && isOwn) this.usage.noteFigures(figures);
  }

  #reportUnreadable(failure: ReadFailure): void {
    const { unit, cgroup } = this;
    if (this.#isUnreadable) return;
    this.#isUnreadable = true;
    // EOPNOTSUPP: the cgroup is threaded.
    const { unitRoot } = this.#tools.layout;
    const domain = failure === 'unsupported' ? domainOfThreaded(unitRoot, cgroup) : null;
    if (domain === null) this.#tools.report({ kind: 'unreadable', unit, cgroup, failure });
    else this.#tools.report({ kind: 'threaded', unit, cgroup, domain });
  }

  #findRestart(): void {
    const invocation = this.#readInvocation();
    // If this directory is gone, the ID belongs to the unit in another directory.
    if (invocation === null || invocation === this.#invocation || !this.isThere) return;
    if (this.#invocation !== null) this.#tools.listener.restarted(this);
    this.#invocation = invocation;
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

/** PIDs of another namespace than that of `/proc` are meaningless. */
const NOBODY: MemberSink = { push() {} };

function directoryOf(tools: CgroupTools, cgroup: string): string {
  return cgroup === '/' ? tools.layout.unitRoot : tools.layout.unitRoot + cgroup;
}

/**
 * The cgroup that lists the processes of a threaded one (cgroup-v2.rst, "Threads"): its nearest ancestor that is not
 * threaded. Paths have a leading `/` below `unitRoot`. `outside`: it is not below `unitRoot`; null if the cgroup is not
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

/** The root cgroup has no type file. */
function isThreaded(directory: string): boolean {
  const type = readKernelText(`${directory}/cgroup.type`);
  return typeof type !== 'string' && type.text.trimEnd() === 'threaded';
}
