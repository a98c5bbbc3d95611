import type { CgroupFinder } from './cgroup-finder.ts';
import type { CgroupInstance } from './cgroup-instance.ts';
import type { ProcessScan } from './process-scan.ts';
import { ProcessTree } from './process-tree.ts';
import type { TargetInstance } from './targets.ts';
import type { UnitTree } from './unit-tree.ts';

/** What is to be done thoroughly in a refresh. */
export interface Thoroughness {
  /** The search for what is not there. */
  readonly search: boolean;
  /** The walk through what is. */
  readonly walk: boolean;
}

/** One request, and what is alive of it. */
export interface Tracked {
  readonly unit: string;
  readonly instances: readonly TargetInstance[];
  /** Cgroups in which it may come to be, and be gone before a refresh. */
  readonly places: readonly string[];
  /** Drops what is gone, and looks for the target while nothing of it is there. Returns whether anything changed. */
  refresh(thorough: Thoroughness): boolean;
  close(): void;
}

/** A unit, or a cgroup named by its path. */
export class TrackedCgroup implements Tracked {
  readonly #finder: CgroupFinder;
  readonly #tree: UnitTree;
  #instances: readonly CgroupInstance[] = [];

  constructor(finder: CgroupFinder, tree: UnitTree) {
    this.#finder = finder;
    this.#tree = tree;
  }

  get unit(): string {
    return this.#finder.unit;
  }

  get instances(): readonly CgroupInstance[] {
    return this.#instances;
  }

  get places(): readonly string[] {
    return this.#finder.places;
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
    instance.close();
    this.#finder.wasAt(instance.cgroup);
    this.#instances = this.#instances.filter((other) => other !== instance);
  }
}

/** A process and its descendants. Once it is gone it does not come back: the number may be another's then. */
export class TrackedTree implements Tracked {
  readonly unit: string;
  readonly places = [];
  readonly #pid: number;
  readonly #scan: ProcessScan;
  #instances: readonly ProcessTree[] = [];
  #wasThere = false;

  constructor(unit: string, pid: number, scan: ProcessScan) {
    this.unit = unit;
    this.#pid = pid;
    this.#scan = scan;
  }

  get instances(): readonly ProcessTree[] {
    return this.#instances;
  }

  refresh(): boolean {
    if (this.#wasThere) {
      if (!this.#instances.some((tree) => tree.hasEnded)) return false;
      this.close();
      return true;
    }
    const tree = ProcessTree.open(this.unit, this.#pid, this.#scan);
    if (tree === undefined) return false;
    this.#wasThere = true;
    this.#instances = [tree];
    return true;
  }

  close(): void {
    for (const tree of this.#instances) tree.close();
    this.#instances = [];
  }
}

/** A unit or cgroup on a host without a cgroup tree: never there. */
export class TrackedNowhere implements Tracked {
  readonly unit: string;
  readonly instances = [];
  readonly places = [];

  constructor(unit: string) {
    this.unit = unit;
  }

  refresh(): boolean {
    return false;
  }

  close(): void {}
}
