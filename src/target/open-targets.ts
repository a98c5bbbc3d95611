import { FigureReader } from '../host/cgroup/figure-reader.ts';
import type { CgroupLayout } from '../host/cgroup/layout.ts';
import { CgroupReader } from '../host/cgroup/reader.ts';
import { PathFinder, UnitFinder } from './cgroup-finder.ts';
import type { CgroupTools } from './cgroup-instance.ts';
import { DistinctPids } from './distinct-pids.ts';
import { EndedCpuBooks } from './ended-cpu.ts';
import { reportOnce, type TargetFinding } from './findings.ts';
import { nearNames } from './near-names.ts';
import { findNested } from './nested.ts';
import { ProcessScan } from './process-scan.ts';
import type { EndedLives, TargetInstance, Targets } from './targets.ts';
import { type Tracked, TrackedCgroup, TrackedNowhere, TrackedTree } from './tracked.ts';
import { UnitTree } from './unit-tree.ts';

/** One thing to track. */
export type TargetRequest =
  /** A systemd unit by its exact name, with its suffix; a user's as `user@1000.service/app.service`. */
  | { readonly kind: 'unit'; readonly name: string }
  /** All units whose names match a pattern (`UnitPattern`), those that come later too. */
  | { readonly kind: 'units'; readonly pattern: string }
  /** A cgroup directory below the root of the unit tree, with a leading `/`; `label` as for a process. */
  | { readonly kind: 'cgroup'; readonly path: string; readonly label?: string }
  /** A process and its descendants; `label` is the name that rows are booked under, `pid:N` without it. */
  | { readonly kind: 'pid'; readonly pid: number; readonly label?: string };

export interface TargetOptions {
  readonly targets: readonly TargetRequest[];
  /** Null where the host has no cgroup tree that can be read: units and cgroups are then absent. */
  readonly layout: CgroupLayout | null;
  /** Where the host's `/proc` is mounted. */
  readonly procRoot: string;
  /** Told once of each thing that a person should know. */
  readonly report: (finding: TargetFinding) => void;
  /** Refreshes between two thorough looks, which find what no sign tells of; 10 if not given. */
  readonly thoroughEvery?: number;
  /** Cgroup files held open, three a unit and one for each cgroup below; 4,096 if not given. More are read by path. */
  readonly mostDescriptors?: number;
  /** Units found by patterns that have places of their own; 2,000 if not given. */
  readonly mostMatched?: number;
  /** Refreshes for which such a unit keeps its place after it has gone, whoever needs it; 40 if not given. */
  readonly keepGone?: number;
}

/** The targets of a run, as opened. */
export interface OpenedTargets extends Targets {
  /** Up to three units of the tree that whoever asked for `unit`, which was never seen, may have meant. */
  nearNames(unit: string): readonly string[];
}

/**
 * Begins to track. Everything is looked for at once: what is there is in `instances`, and in `units` aliases stand as
 * the units that they are of. Requests that come to the same name share one place there.
 */
export function openTargets(options: TargetOptions): OpenedTargets {
  return new RequestedTargets(options);
}

const THOROUGH_EVERY = 10;
const MOST_DESCRIPTORS = 4096;

class RequestedTargets implements OpenedTargets {
  readonly #tracked: readonly Tracked[];
  readonly #tree: UnitTree | undefined;
  readonly #scan: ProcessScan;
  readonly #ended: EndedCpuBooks | undefined;
  readonly #thoroughEvery: number;
  #units: readonly string[];
  #instances: readonly TargetInstance[] = [];
  #refreshes = 0;

  constructor(options: TargetOptions) {
    const { layout, procRoot } = options;
    this.#thoroughEvery = options.thoroughEvery ?? THOROUGH_EVERY;
    this.#scan = new ProcessScan(procRoot);
    let tools: CgroupTools | null = null;
    if (layout !== null) {
      const reader = new CgroupReader(options.mostDescriptors ?? MOST_DESCRIPTORS);
      tools = {
        layout,
        reader,
        figures: new FigureReader(procRoot),
        distinct: new DistinctPids(),
        report: reportOnce(options.report),
      };
      this.#tree = new UnitTree(layout.unitRoot, reader);
      this.#ended = new EndedCpuBooks(layout, reader);
    }
    this.#tracked = options.targets.map((target) => {
      if (target.kind === 'pid') {
        return new TrackedTree(target.label ?? `pid:${target.pid}`, target.pid, this.#scan);
      }
      if (tools === null || this.#tree === undefined)
        return new TrackedNowhere(target.kind === 'unit' ? target.name : (target.label ?? target.path));
      const finder =
        target.kind === 'cgroup'
          ? new PathFinder(target.path, tools, target.label)
          : new UnitFinder(target.name, procRoot, tools);
      return new TrackedCgroup(finder, this.#tree);
    });
    this.#units = [];
    this.refresh();
    this.#units = [...new Set(this.#tracked.map(({ unit }) => unit))];
  }

  get units(): readonly string[] {
    return this.#units;
  }

  get instances(): readonly TargetInstance[] {
    return this.#instances;
  }

  refresh(): void {
    const every = this.#thoroughEvery;
    const refresh = this.#refreshes++;
    this.#scan.refresh();
    this.#tree?.refresh();
    let changed = false;
    for (const [index, tracked] of this.#tracked.entries()) {
      const unit = tracked.unit;
      // Thorough looks at what is there take turns, so that no refresh bears all of them.
      const pace = { search: refresh % every === 0, walk: (refresh + index) % every === 0 };
      if (!tracked.refresh(pace)) continue;
      changed = true;
      if (tracked.unit !== unit) this.#rename(unit, tracked.unit);
    }
    if (changed) this.#instances = this.#collect();
  }

  readSlices(atSeconds: number): void {
    this.#ended?.readSlices(this.#instances, atSeconds);
  }

  readEnded(atSeconds: number): readonly (EndedLives | null)[] {
    this.#ended?.settle(atSeconds);
    return this.#units.map((unit) => this.#ended?.endedOf(unit, atSeconds) ?? null);
  }

  nearNames(unit: string): readonly string[] {
    if (this.#tree === undefined) return [];
    this.#tree.refresh();
    this.#tree.update(true);
    return nearNames(
      unit,
      this.#tree.units.map((directory) => directory.unit),
    );
  }

  close(): void {
    for (const tracked of this.#tracked) tracked.close();
    this.#tree?.close();
    this.#ended?.close();
    this.#instances = [];
  }

  /** A name stays where it stood, since readers know units by their place. */
  #rename(before: string, unit: string): void {
    if (this.#units.includes(unit)) return;
    this.#units = this.#units.map((name) => (name === before ? unit : name));
  }

  /** Two requests may have come to one directory. */
  #collect(): readonly TargetInstance[] {
    const byPlace = new Map<string, TargetInstance>();
    for (const { instances } of this.#tracked) {
      for (const instance of instances) {
        const key = `${instance.unit}\0${instance.cgroup}`;
        if (!byPlace.has(key)) byPlace.set(key, instance);
      }
    }
    return [...byPlace.values()];
  }
}
