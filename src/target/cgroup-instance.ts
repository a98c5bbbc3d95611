import { CpuUsage } from '../host/cgroup/cpu-usage.ts';
import { CgroupFigureFiles, type FigureReader } from '../host/cgroup/figure-reader.ts';
import type { CgroupCounters, CgroupFigures } from '../host/cgroup/figures.ts';
import type { CgroupLayout } from '../host/cgroup/layout.ts';
import type { CgroupFile, CgroupReader } from '../host/cgroup/reader.ts';
import { unitOfPath } from '../host/cgroup/unit-path.ts';
import { DirectoryWatch } from '../host/cgroup/watch.ts';
import type { ReadFailure } from '../host/read-failure.ts';
import type { DistinctPids } from './distinct-pids.ts';
import type { TargetFinding } from './findings.ts';
import type { MembershipScan } from './membership-scan.ts';
import type { ReadLife } from './slice-residue.ts';
import { Subtree } from './subtree.ts';
import type { MemberSink, TargetInstance } from './targets.ts';

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
}

/** One life of one cgroup directory, with all below it. */
export class CgroupInstance implements TargetInstance {
  readonly unit: string;
  readonly cgroup: string;
  readonly createdAtSeconds = Number.NaN;
  readonly #tools: CgroupTools;
  readonly #watch: DirectoryWatch;
  readonly #procs: CgroupFile;
  readonly #cpu: CpuUsage;
  readonly #subtree: Subtree;
  readonly #figures: CgroupFigureFiles;
  #walkIsDue = true;
  #cpuSeconds = Number.NaN;
  #invocation: string | null;
  #restarts = 0;
  #lastCounters: CgroupCounters | null = null;

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
    // A manager makes the directory, then records the start, then starts a process: before that, the record is of the
    // life before.
    this.#invocation = this.#hasMembers() ? this.#readInvocation() : null;
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

  /**
   * Times that the unit was started anew in this directory, as when processes were left over (`KillMode=process`), as
   * far as thorough refreshes found out.
   */
  get restarts(): number {
    return this.#restarts;
  }

  /** Whether the directory is still there, by a look of its own. */
  get isThere(): boolean {
    return this.#watch.look() !== 'gone';
  }

  /** Whether the directory is still there. `thorough` has what is below it found anew where no sign can be trusted. */
  refresh(thorough: boolean): 'alive' | 'gone' {
    if (thorough) this.#findRestart();
    const below = this.#watch.look();
    if (below === 'gone') return 'gone';
    if (below !== this.#subtree.size) this.#walkIsDue = true;
    else if (thorough && !this.#subtree.isCertain) this.#subtree.walkThoroughly();
    return 'alive';
  }

  listMembers(sink: MemberSink): 'listed' | ReadFailure {
    const { distinct, reader, scan } = this.#tools;
    distinct.begin(scan === null ? sink : NOBODY);
    let foreign = reader.readProcs(this.#procs, distinct);
    if (typeof foreign === 'string') {
      if (foreign !== 'gone') {
        this.#tools.report({ kind: 'unreadable', unit: this.unit, cgroup: this.cgroup, failure: foreign });
      }
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
    this.#cpuSeconds = this.#cpu.readSeconds();
    return this.#cpuSeconds;
  }

  /** What was last read of its CPU, and of which directory. */
  get life(): ReadLife {
    return { inode: this.#cpu.inode, cpuSeconds: this.#cpuSeconds };
  }

  readFigures(): CgroupFigures | null {
    const figures = this.#figures.read();
    // They were read by path: only if it is still there, all of them are its own.
    if (figures === null || !this.isThere) return null;
    this.#lastCounters = figures.counters;
    return figures;
  }

  /** Of the figures that were last read; null where none were. */
  get lastCounters(): CgroupCounters | null {
    return this.#lastCounters;
  }

  #findRestart(): void {
    const invocation = this.#readInvocation();
    // It is that of the unit in another directory, if this one is gone.
    if (invocation === null || invocation === this.#invocation || !this.isThere) return;
    if (this.#invocation !== null) this.#restarts++;
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
