import { processOf } from '../host/proc/status.ts';
import { type CgroupFinder, openReported } from './cgroups/cgroup-finder.ts';
import type { CgroupInstance, CgroupTools } from './cgroups/cgroup-instance.ts';
import type { ProcessScan } from './processes/process-scan.ts';
import { ProcessTree } from './processes/process-tree.ts';
import type { TargetFinding } from './targets/findings.ts';
import type { TargetInstance } from './targets/targets.ts';
import type { UnitTree } from './units/unit-tree.ts';

/** Thorough work in a refresh. */
export interface Thoroughness {
  /** Search for absent targets. */
  readonly search: boolean;
  /** Walk through existing targets. */
  readonly walk: boolean;
}

/** One request and its existing instances. */
export interface Tracked {
  readonly unit: string;
  /** Whether it is a unit name, which may be in any slice. */
  readonly isUnit: boolean;
  readonly instances: readonly TargetInstance[];
  /** Whether no instance exists now. An instance whose cgroup is gone does not count, even before a refresh drops it. */
  readonly isAbsent: boolean;
  /** Cgroups in which it may appear, and possibly disappear before a refresh. */
  readonly places: readonly string[];
  /** Whether a cgroup at this path may belong to the target; `unit`: the unit whose own cgroup is there, if any. */
  mayBeAt(path: string, unit: string | null): boolean;
  /** Updates one path only: drops removed instances and opens new ones. Returns whether anything changed. */
  look(path: string, unit: string | null): boolean;
  /** No further instance can appear. */
  readonly isOver: boolean;
  /** Drops removed instances, and searches for the target while none exists. Returns whether anything changed. */
  refresh(thorough: Thoroughness): boolean;
  close(): void;
}

/** A unit, or a cgroup given by its path. */
export class TrackedCgroup implements Tracked {
  readonly isOver = false;
  readonly #finder: CgroupFinder;
  readonly #tree: UnitTree;
  readonly #tools: CgroupTools;
  #instances: readonly CgroupInstance[] = [];

  constructor(finder: CgroupFinder, tree: UnitTree, tools: CgroupTools) {
    this.#finder = finder;
    this.#tree = tree;
    this.#tools = tools;
  }

  get unit(): string {
    return this.#finder.unit;
  }

  get isUnit(): boolean {
    return this.#finder.isUnit;
  }

  get instances(): readonly CgroupInstance[] {
    return this.#instances;
  }

  get isAbsent(): boolean {
    return this.#instances.every((instance) => !instance.isThere);
  }

  get places(): readonly string[] {
    return this.#finder.places;
  }

  mayBeAt(path: string, unit: string | null): boolean {
    return this.#finder.mayBeAt(path, unit);
  }

  look(path: string, unit: string | null): boolean {
    const there = this.#instances.find(({ cgroup }) => cgroup === path);
    if (there?.isThere) return false;
    if (there !== undefined) this.#drop(there);
    if (!this.mayBeAt(path, unit)) return there !== undefined;
    const opened = openReported(this.unit, path, this.#tools);
    if (opened !== undefined) this.#instances = [...this.#instances, opened];
    return there !== undefined || opened !== undefined;
  }

  refresh(thorough: Thoroughness): boolean {
    const before = this.#instances;
    const unit = this.unit;
    for (const instance of before) if (instance.refresh(thorough.walk) === 'gone') this.#drop(instance);
    if (this.#instances.length === 0) {
      this.#instances = this.#finder.find(this.#tree, thorough.search || before.length > 0);
    }
    return (this.#instances !== before && this.#instances.length + before.length > 0) || this.unit !== unit;
  }

  close(): void {
    for (const instance of this.#instances) instance.close();
    this.#instances = [];
  }

  #drop(instance: CgroupInstance): void {
    this.#tools.listener.ended(instance);
    instance.close();
    this.#finder.wasAt(instance.cgroup);
    this.#instances = this.#instances.filter((other) => other !== instance);
  }
}

/** A process and its descendants. A tree that is gone never returns: its PID may belong to another process. */
export class TrackedTree implements Tracked {
  readonly unit: string;
  readonly isUnit = false;
  readonly places = [];
  readonly #pid: number;
  readonly #scan: ProcessScan;
  readonly #report: (finding: TargetFinding) => void;
  #instances: readonly ProcessTree[] = [];
  #wasThere = false;

  constructor(unit: string, pid: number, scan: ProcessScan, report: (finding: TargetFinding) => void) {
    this.unit = unit;
    this.#pid = pid;
    this.#scan = scan;
    this.#report = report;
  }

  get instances(): readonly ProcessTree[] {
    return this.#instances;
  }

  get isAbsent(): boolean {
    return this.#instances.length === 0;
  }

  mayBeAt(): boolean {
    return false;
  }

  look(): boolean {
    return false;
  }

  get isOver(): boolean {
    return this.#wasThere && this.#instances.every((tree) => tree.hasEnded);
  }

  refresh(): boolean {
    if (this.#wasThere) {
      if (!this.#instances.some((tree) => tree.hasEnded)) return false;
      this.close();
      return true;
    }
    // Children name the process as their parent, whichever thread started them.
    const pid = processOf(this.#scan.procRoot, this.#pid) ?? this.#pid;
    const tree = ProcessTree.open(this.unit, pid, this.#scan);
    if (tree === undefined) return false;
    if (pid !== this.#pid) this.#report({ kind: 'thread', unit: this.unit, id: this.#pid, pid });
    this.#wasThere = true;
    // A zombie: the process ended before it could be tracked.
    if (tree.hasEnded) return false;
    this.#instances = [tree];
    return true;
  }

  close(): void {
    for (const tree of this.#instances) tree.close();
    this.#instances = [];
  }
}

/** A unit or cgroup on a host without a cgroup tree: always absent. */
export class TrackedNowhere implements Tracked {
  readonly unit: string;
  readonly isUnit = false;
  readonly instances = [];
  readonly isAbsent = true;
  readonly places = [];
  readonly isOver = false;

  constructor(unit: string) {
    this.unit = unit;
  }

  mayBeAt(): boolean {
    return false;
  }

  look(): boolean {
    return false;
  }

  refresh(): boolean {
    return false;
  }

  close(): void {}
}
