import { FigureReader } from '../host/cgroup/figure-reader.ts';
import { type FileEvents, inotifyEvents } from '../host/cgroup/file-events.ts';
import type { CgroupLayout } from '../host/cgroup/layout.ts';
import { MembershipReader } from '../host/cgroup/membership-reader.ts';
import { CgroupReader } from '../host/cgroup/reader.ts';
import { nearestAbove } from '../host/nested-path.ts';
import { pidNamespaceOf } from '../host/proc/pid-namespace.ts';
import { readInvocation } from '../host/systemd-invocation.ts';
import { isGlob } from '../text/glob.ts';
import { CgroupLifecycle } from './cgroup-lifecycle.ts';
import { type CgroupFinder, PathFinder, UnitFinder } from './cgroups/cgroup-finder.ts';
import { CgroupInstance, type CgroupTools } from './cgroups/cgroup-instance.ts';
import { PodFinder, podLabel } from './pods/pod-finder.ts';
import { MembershipScan } from './processes/membership-scan.ts';
import { DistinctPids } from './processes/pid-marks.ts';
import { ProcessScan } from './processes/process-scan.ts';
import { reportOnce, type TargetFinding } from './targets/findings.ts';
import type { RemovedUsage, TargetInstance, TargetRequest, Targets, UnitOrigin } from './targets/targets.ts';
import { type Thoroughness, type Tracked, TrackedCgroup, TrackedNowhere, TrackedTree } from './tracked.ts';
import { type PatternBooks, TrackedPattern } from './tracked-pattern.ts';
import { suggestions } from './units/suggestions.ts';
import { UnitPattern } from './units/unit-pattern.ts';
import { UnitPlaces } from './units/unit-places.ts';
import { UnitTree } from './units/unit-tree.ts';

const MOST_NAMES = 3;

export interface TargetOptions {
  readonly targets: readonly TargetRequest[];
  /** Null if the host has no readable cgroup tree: units and cgroups are then absent. */
  readonly layout: CgroupLayout | null;
  /** Mount point of the host's `/proc`. */
  readonly procRoot: string;
  /** Called once for each problem that the user should know about. */
  readonly report: (finding: TargetFinding) => void;
  /** Refreshes between two thorough searches, which find changes that no change counter shows; default 10. */
  readonly thoroughEvery?: number;
  /**
   * Cgroup files that may be held open, three a unit and one for each sub-cgroup; default 4,096. Further files are read
   * by path.
   */
  readonly mostDescriptors?: number;
  /** Units found by patterns that get slots of their own; default 2,000. */
  readonly mostMatched?: number;
  /** Source of cgroup lifecycle events; default inotify, null for none. */
  readonly events?: FileEvents | null;
  /** The samples' clock. If not given, creation times are unknown. */
  readonly monotonicSeconds?: () => number;
  /** Refreshes for which a removed unit of a pattern keeps its slot even if other units need it; default 200. */
  readonly keepGone?: number;
}

/** The opened targets of a run. */
export interface OpenedTargets extends Targets {
  /** Number of cgroup files that are read repeatedly. */
  readonly cgroupFiles: number;
  /** Whether some of these files are opened for each read because descriptors are short. */
  readonly isShortOfDescriptors: boolean;
  /** All targets are process trees whose processes have exited, so nothing can appear any more. */
  readonly isOver: boolean;
  /** Up to three suggestions for `unit`, which was never seen: units of the tree with similar names. */
  suggestions(unit: string): readonly string[];
}

/**
 * Starts tracking with a search for all targets: existing instances are in `instances`; in `units`, aliases are
 * replaced by their units. Requests that resolve to the same name share one slot.
 */
export function openTargets(options: TargetOptions): OpenedTargets {
  return new RequestedTargets(options);
}

const THOROUGH_EVERY = 10;
const MOST_DESCRIPTORS = 4096;
const MOST_MATCHED = 2000;
const KEEP_GONE = 200;

class RequestedTargets implements OpenedTargets {
  /** Requests for single targets. */
  readonly #named: readonly Tracked[];
  readonly #patterns: readonly Tracked[];
  readonly #lifecycle: CgroupLifecycle | undefined;
  readonly #tree: UnitTree | undefined;
  readonly #reader: CgroupReader | undefined;
  readonly #scan: ProcessScan;
  readonly #memberships: MembershipScan | undefined;
  readonly #membershipReader: MembershipReader | undefined;
  readonly #places: UnitPlaces;
  readonly #report: (finding: TargetFinding) => void;
  readonly #thoroughEvery: number;
  #instances: readonly TargetInstance[] = [];
  #refreshes = 0;

  constructor(options: TargetOptions) {
    const { layout, procRoot } = options;
    this.#thoroughEvery = options.thoroughEvery ?? THOROUGH_EVERY;
    this.#scan = new ProcessScan(procRoot);
    this.#report = reportOnce(options.report);
    let tools: CgroupTools | null = null;
    if (layout !== null) {
      const reader = new CgroupReader(options.mostDescriptors ?? MOST_DESCRIPTORS, layout.kind === 'v1');
      const figures = new FigureReader(procRoot);
      this.#membershipReader = new MembershipReader(procRoot, layout);
      if (pidNamespaceOf(procRoot) === 'other') {
        this.#memberships = new MembershipScan(procRoot, this.#membershipReader);
      }
      const scan = this.#memberships ?? null;
      const invocationOf = (unit: string) => readInvocation(procRoot, unit);
      const distinct = new DistinctPids();
      const report = this.#report;
      const { events = inotifyEvents, monotonicSeconds = () => Number.NaN } = options;
      const tree = new UnitTree(layout.unitRoot);
      const listener = new CgroupLifecycle({
        layout,
        reader,
        figures,
        events,
        tree,
        report,
        monotonicSeconds,
      });
      const { eventsFailed } = listener;
      const reading = { layout, reader, scan, figures, invocationOf, distinct, report };
      tools = { ...reading, events, eventsFailed, listener };
      this.#tree = tree;
      this.#reader = reader;
      this.#lifecycle = listener;
    }
    // Aliases are resolved before names get their slots.
    const asked = options.targets.map((target) =>
      target.kind === 'units' ? new UnitPattern(target.pattern) : this.#open(target, tools, procRoot),
    );
    this.#named = asked.filter((each): each is Tracked => !(each instanceof UnitPattern));
    for (const tracked of this.#named) tracked.refresh(this.#pace(0));
    const names = asked.map((each) =>
      each instanceof UnitPattern
        ? { name: each.text, isPattern: true }
        : { name: each.unit, isPattern: false },
    );
    const { mostMatched = MOST_MATCHED, keepGone = KEEP_GONE } = options;
    const places = new UnitPlaces(names, mostMatched, keepGone);
    this.#places = places;
    const tree = this.#tree;
    const patterns = asked.filter((each) => each instanceof UnitPattern);
    if (tools === null || tree === undefined) {
      this.#patterns = patterns.map((pattern) => new TrackedNowhere(pattern.text));
    } else {
      const books: PatternBooks = { tree, tools, places, found: new Set() };
      const tracked = patterns.map((pattern) => new TrackedPattern(pattern, books));
      for (const each of tracked) each.refresh(this.#pace(0));
      this.#lifecycle?.begin({ named: this.#named, patterns: tracked, places });
      this.#patterns = tracked;
    }
    this.#refreshes = 1;
    this.#collect();
    if (tree !== undefined) this.#suggestUserUnits(tree);
  }

  get units(): readonly string[] {
    return this.#places.names;
  }

  get origins(): readonly UnitOrigin[] {
    return this.#places.origins;
  }

  get instances(): readonly TargetInstance[] {
    return this.#instances;
  }

  get cgroupFiles(): number {
    return this.#reader?.wanted ?? 0;
  }

  get isShortOfDescriptors(): boolean {
    return this.#reader?.isShort ?? false;
  }

  get isOver(): boolean {
    return [...this.#named, ...this.#patterns].every((tracked) => tracked.isOver);
  }

  refresh(): void {
    this.#scan.refresh();
    this.#memberships?.refresh();
    this.#tree?.refresh();
    this.#lifecycle?.beginRefresh();
    let changed = false;
    let index = 0;
    for (const tracked of [...this.#named, ...this.#patterns]) {
      const { unit } = tracked;
      if (!tracked.refresh(this.#pace(index++))) continue;
      changed = true;
      if (tracked.unit === unit) continue;
      this.#places.rename(unit, tracked.unit);
      this.#lifecycle?.expect(tracked.unit, tracked.places);
    }
    this.#refreshes++;
    if (this.#lifecycle?.endRefresh()) changed = true;
    if (changed) this.#collect();
  }

  cgroupOf(pid: number): string | undefined {
    return this.#membershipReader?.read(pid);
  }

  readEnded(atSeconds: number, isLast: boolean): readonly (RemovedUsage | null)[] {
    return this.#lifecycle?.readEnded(this.units, atSeconds, isLast) ?? this.units.map(() => null);
  }

  suggestions(unit: string): readonly string[] {
    if (this.#tree === undefined) return [];
    this.#tree.refresh();
    this.#tree.update(true);
    return suggestions(
      unit,
      this.#tree.units.map((directory) => directory.unit),
    );
  }

  close(): void {
    for (const tracked of [...this.#named, ...this.#patterns]) tracked.close();
    this.#lifecycle?.close();
    this.#instances = [];
  }

  /** Units of user managers are named with their manager; a request by the bare name would never match. */
  #suggestUserUnits(tree: UnitTree): void {
    const absent = [...this.#named, ...this.#patterns].filter(
      ({ isUnit, instances }) => isUnit && instances.length === 0,
    );
    if (absent.length === 0) return;
    tree.update(true);
    const units = tree.units.map(({ unit }) => unit);
    for (const { unit } of absent) {
      const found = userUnitsOf(unit, units);
      if (found.length > 0) this.#report({ kind: 'user-units', asked: unit, found });
    }
  }

  #open(
    target: Exclude<TargetRequest, { kind: 'units' }>,
    tools: CgroupTools | null,
    procRoot: string,
  ): Tracked {
    if (target.kind === 'pid') {
      return new TrackedTree(target.label ?? `pid:${target.pid}`, target.pid, this.#scan, this.#report);
    }
    const finder = tools === null ? null : finderOf(target, tools, procRoot);
    return finder === null || tools === null || this.#tree === undefined
      ? new TrackedNowhere(labelOf(target))
      : new TrackedCgroup(finder, this.#tree, tools);
  }

  /** Thorough searches of instances take turns, to spread their cost over refreshes. */
  #pace(index: number): Thoroughness {
    const every = this.#thoroughEvery;
    const search = this.#refreshes % every === 0 || (this.#lifecycle?.isPolling ?? false);
    return { search, walk: (this.#refreshes + index) % every === 0 };
  }

  /** If two requests found the same directory, the existing instance is kept. */
  #collect(): void {
    const before = new Set(this.#instances);
    const byPlace = new Map<string, TargetInstance>();
    for (const { instances } of [...this.#named, ...this.#patterns]) {
      for (const instance of instances) {
        const key = `${instance.unit}\0${instance.cgroup}`;
        if (!byPlace.has(key) || before.has(instance)) byPlace.set(key, instance);
      }
    }
    this.#instances = [...byPlace.values()];
    for (const instance of this.#instances) if (instance instanceof CgroupInstance) instance.wasListed = true;
    const nested = findNested(this.#instances);
    const [first] = nested;
    if (first !== undefined) this.#report({ kind: 'nested', ...first, pairs: nested.length });
  }
}

/** A request for a target with cgroups. */
type CgroupRequest = Exclude<TargetRequest, { kind: 'units' | 'pid' }>;

function finderOf(target: CgroupRequest, tools: CgroupTools, procRoot: string): CgroupFinder {
  switch (target.kind) {
    case 'unit':
      return new UnitFinder(target.name, procRoot, tools);
    case 'cgroup':
      return new PathFinder(target.path, tools, target.label);
    case 'pod':
      return new PodFinder(target.uid, tools);
  }
}

/** The name under which rows would be booked, if there is no cgroup tree. */
function labelOf(target: CgroupRequest): string {
  switch (target.kind) {
    case 'unit':
      return target.name;
    case 'cgroup':
      return target.label ?? target.path;
    case 'pod':
      return podLabel(target.uid);
  }
}

/** Two targets, one inside the other. */
interface NestedPair {
  readonly outer: string;
  readonly inner: string;
}

/** Targets inside another target, each with the nearest one. */
function findNested(instances: readonly TargetInstance[]): NestedPair[] {
  const byPath = new Map<string, string>();
  for (const { unit, cgroup } of instances) if (cgroup !== null) byPath.set(cgroup, unit);
  const pairs: NestedPair[] = [];
  for (const [path, inner] of byPath) {
    const outer = nearestAbove(path, byPath);
    if (outer !== undefined) pairs.push({ outer, inner });
  }
  return pairs;
}

/**
 * Qualified names for a unit name or pattern that matches only units of user managers: up to three of the form
 * `user@1000.service/app.service`. Empty if `candidates` contains a matching unit of the host.
 */
function userUnitsOf(asked: string, candidates: Iterable<string>): readonly string[] {
  if (asked.includes('/')) return [];
  const pattern = isGlob(asked) ? new UnitPattern(asked) : null;
  const found = new Set<string>();
  for (const candidate of candidates) {
    const slash = candidate.indexOf('/');
    const name = candidate.slice(slash + 1);
    if (!(pattern?.matches(name) ?? name === asked)) continue;
    if (slash === -1) return [];
    found.add(candidate.slice(0, slash + 1) + asked);
  }
  return [...found].slice(0, MOST_NAMES);
}
