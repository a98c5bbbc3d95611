import { stampOf } from '../host/cgroup/directory.ts';
import type { FileEvent, NoEventsReason } from '../host/cgroup/file-events.ts';
import { isSliceName, unescapeDirectory, userOfManager } from '../host/cgroup/unit-name.ts';
import { unitOfPath } from '../host/cgroup/unit-path.ts';
import type { CgroupInstance, InstanceListener } from './cgroups/cgroup-instance.ts';
import type { DirectoryTools } from './events/directory-children.ts';
import { DirectoryWatches } from './events/directory-watches.ts';
import { parentOf, RemovedCgroups } from './slices/removed-cgroups.ts';
import type { TargetFinding } from './targets/findings.ts';
import { OTHER, type Owner, SHARED } from './targets/owner.ts';
import type { RemovedUsage } from './targets/targets.ts';
import type { Tracked } from './tracked.ts';
import type { TrackedPattern } from './tracked-pattern.ts';
import type { UnitPlaces } from './units/unit-places.ts';
import type { UnitTree } from './units/unit-tree.ts';

export interface LifecycleTools extends Omit<DirectoryTools, 'eventsFailed'> {
  readonly tree: UnitTree;
  readonly report: (finding: TargetFinding) => void;
  /** On the samples' clock. */
  monotonicSeconds(): number;
}

/**
 * Maximum delay of an event: if a cgroup was found by listing and its event has not come after this time, events are
 * unavailable.
 */
const SILENT_SECONDS = 2;

/**
 * Watches every directory in which a target can appear, opens instances as their cgroups are created, drops them as
 * they are removed, and records the usage of removed ones. Without events, directories are listed instead.
 */
export class CgroupLifecycle implements InstanceListener {
  /** Whether the initial search of the run is in progress. */
  isBeginning = true;
  createdAtSeconds = Number.NaN;
  readonly #tools: LifecycleTools;
  readonly #watches: DirectoryWatches;
  readonly #removed: RemovedCgroups;
  #targets: TrackedTargets | undefined;
  /** Targets that are not units. */
  #cgroups: readonly Tracked[] = [];
  #branches: UnitTree['branches'] | undefined;
  #isPolling: boolean;
  #hasChanged = false;
  /** Number of event loop turns with events, and of turns after these. */
  #turn = 0;
  #turnsToCount = 0;
  #isClosed = false;
  #defect: unknown;
  /** Cgroups found by a listing and not yet reported by an event, by path, with the time of the listing. */
  readonly #unreported = new Map<string, number>();
  /** Start of the tick that blocks the event loop and whose events have not been delivered yet; NaN if none. */
  #busySinceSeconds = Number.NaN;
  /**
   * Time of the first refresh, until the second one: the rest of the program is loaded in between, which delays events.
   */
  #loadingSinceSeconds: number | undefined;

  constructor(tools: LifecycleTools) {
    this.#tools = tools;
    this.#isPolling = tools.events === null;
    const { layout, events, tree } = tools;
    const changed = (path: string, event: FileEvent, name: string) =>
      this.#guard(() => this.#changed(path, event, name));
    this.#watches = new DirectoryWatches(events, layout.unitRoot, changed, this.eventsFailed);
    this.#removed = new RemovedCgroups({
      ...tools,
      eventsFailed: this.eventsFailed,
      monotonicSeconds: () => tools.monotonicSeconds(),
      turn: () => this.#turn,
      afterEvents: (act) => this.#afterEvents(act),
      isWatched: (path) => this.#watches.isWatched(path),
      isNewDirectory: (path) => tree.branches.get(path)?.isNew ?? false,
      ownerOf: (path) => (this.#targets === undefined ? OTHER : ownerOf(path, this.#targets)),
      ownerOfUnseen: (path, isNew) =>
        this.#targets === undefined ? OTHER : ownerOfUnseen(path, isNew, this.#targets, tree),
      admit: ({ name, pattern }) =>
        pattern === null ? name : this.#targets!.places.admitPast(name, pattern),
      admitShared: (path) => this.#targets!.places.admitShared(nameOfShared(path)),
    });
  }

  /** Starts watching, after all existing targets were opened. */
  begin(targets: TrackedTargets): void {
    this.#targets = targets;
    this.#cgroups = targets.named.filter(({ isUnit }) => !isUnit);
    if (this.#hasUnits) this.#tools.tree.update(true);
    this.#watch();
    for (const { unit, places } of targets.named) this.expect(unit, places);
    for (const { unit } of targets.patterns) this.#removed.know(unit, '');
    this.#followPatterns();
    this.#removed.settle(this.#tools.monotonicSeconds());
    this.isBeginning = false;
  }

  /** A target may appear in these cgroups. */
  expect(unit: string, cgroups: readonly string[]): void {
    if (cgroups.length > 0) this.#removed.know(unit, cgroups[0]!);
    for (const cgroup of cgroups) {
      const directory = parentOf(cgroup);
      if (directory !== null) this.#removed.expect(directory);
    }
  }

  /** Whether absent targets must be searched in every tick. */
  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** Begins a refresh. Rethrows errors of event handlers. */
  beginRefresh(): void {
    if (this.#defect !== undefined) throw this.#defect;
    this.#busySinceSeconds = this.#tools.monotonicSeconds();
    this.#loadingSinceSeconds = this.#loadingSinceSeconds === undefined ? this.#busySinceSeconds : Number.NaN;
    // Events of this tick are delivered before this callback (`poll` comes before `check`).
    setImmediate(() => this.#endTurn());
    const now = this.#busySinceSeconds;
    for (const [path, atSeconds] of this.#unreported) {
      if (!(now - atSeconds > SILENT_SECONDS)) continue;
      this.#unreported.delete(path);
      this.eventsFailed('silent');
    }
  }

  /** Ends a refresh: watches new directories, and returns whether anything changed since the last refresh. */
  endRefresh(): boolean {
    if (this.#tools.tree.branches !== this.#branches) {
      this.#watch();
      this.#followPatterns();
    }
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /**
   * Usage of removed cgroups of each unit; `isLast`: at the end of the run. Call once a tick, after the instances were
   * read.
   */
  readEnded(units: readonly string[], atSeconds: number, isLast: boolean): readonly (RemovedUsage | null)[] {
    this.#removed.keep(units);
    // In other ticks, settled after the events of the tick are handled: only they tell what was removed.
    if (isLast) this.#removed.settle(atSeconds, true);
    return units.map((unit) => this.#removed.endedOf(unit, atSeconds));
  }

  opened(instance: CgroupInstance): void {
    this.#removed.opened(instance);
    const directory = parentOf(instance.cgroup);
    const isReported = directory === null || this.isBeginning || !this.#watches.isWatched(directory);
    const isFoundByLooking = Number.isNaN(this.createdAtSeconds) && !Number.isNaN(this.#busySinceSeconds);
    if (!isReported && isFoundByLooking) this.#unreported.set(instance.cgroup, this.#busySinceSeconds);
  }

  ended(instance: CgroupInstance): void {
    this.#unreported.delete(instance.cgroup);
    this.#removed.ended(instance);
  }

  restarted(instance: CgroupInstance): void {
    this.#removed.restarted(instance);
  }

  readonly eventsFailed = (reason: NoEventsReason): void => {
    this.#isPolling = true;
    this.#tools.report({ kind: 'events-unavailable', reason });
  };

  close(): void {
    this.#isClosed = true;
    this.#watches.close();
    this.#removed.close();
  }

  /** The events delayed by a tick have been handled. */
  #endTurn(): void {
    this.#busySinceSeconds = Number.NaN;
    if (!this.#isClosed) this.#guard(() => this.#removed.settle(this.#tools.monotonicSeconds()));
  }

  /** Calls `act` in the next `check` phase: `poll`, which comes before it, has delivered all events so far. */
  #afterEvents(act: () => void): void {
    if (this.#tools.events === null) {
      act();
      return;
    }
    // Must stay referenced: an unreferenced one would not keep `poll` from blocking.
    setImmediate(() => {
      if (!this.#isClosed) this.#guard(act);
    });
  }

  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#defect ??= error;
    }
  }

  get #hasUnits(): boolean {
    const { named, patterns } = this.#targets!;
    return patterns.length > 0 || named.some(({ isUnit }) => isUnit);
  }

  #changed(path: string, event: FileEvent, name: string): void {
    if (event === 'content') {
      if (name === 'cgroup.events') this.#removed.notePopulated(path);
      return;
    }
    this.#unreported.delete(`${path}/${name}`);
    this.#countTurn();
    // The cgroup was created after the event loop was blocked by a tick or by loading, which delayed the event.
    const blocked = [this.#busySinceSeconds, this.#loadingSinceSeconds ?? Number.NaN];
    this.createdAtSeconds =
      blocked.find((seconds) => !Number.isNaN(seconds)) ?? this.#tools.monotonicSeconds();
    this.#removed.noteEntry(path, name, () => this.#look(`${path}/${name}`));
    if (mayHoldUnits(name) || this.#placesBelow(`${path}/${name}`).length > 0) {
      this.#lookBelow(path, `${path}/${name}`);
    }
    this.createdAtSeconds = Number.NaN;
  }

  #countTurn(): void {
    const isCounting = this.#turnsToCount > 0;
    this.#turnsToCount = 2;
    if (!isCounting) setImmediate(this.#turnIsOver);
  }

  readonly #turnIsOver = (): void => {
    this.#turn++;
    this.#turnsToCount--;
    if (this.#turnsToCount > 0) setImmediate(this.#turnIsOver);
  };

  #look(path: string): void {
    const unit = unitAt(path);
    for (const tracked of this.#all) if (tracked.look(path, unit)) this.#hasChanged = true;
  }

  /** A directory that can hold targets was created or removed. */
  #lookBelow(directory: string, path: string): void {
    const { tree } = this.#tools;
    tree.noteChange(directory);
    if (this.#hasUnits) tree.update(false);
    this.#watch();
    this.#followPatterns();
    for (const unit of tree.units) if (unit.path.startsWith(`${path}/`)) this.#look(unit.path);
    for (const place of this.#placesBelow(path)) this.#look(place);
  }

  /** Places below `path` of targets that are not units: these can be in any directory, also below a unit. */
  #placesBelow(path: string): readonly string[] {
    return this.#cgroups.flatMap(placesOf).filter((place) => place.startsWith(`${path}/`));
  }

  get #all(): readonly Tracked[] {
    return [...this.#targets!.named, ...this.#targets!.patterns];
  }

  #watch(): void {
    const { tree, layout } = this.#tools;
    const wanted = new Map<string, number>();
    this.#branches = tree.branches;
    for (const [path, { inode }] of tree.branches) wanted.set(path, inode);
    for (const tracked of this.#targets!.named) {
      for (const cgroup of placesOf(tracked)) {
        for (let path = parentOf(cgroup); path !== null; path = aboveOf(path)) {
          if (wanted.has(path)) continue;
          const stamp = stampOf(layout.unitRoot + path);
          if (typeof stamp !== 'string') wanted.set(path, stamp.inode);
        }
      }
    }
    const added = this.#watches.keep(wanted);
    // A cgroup that was created before the watch has no event.
    for (const cgroup of this.#unreported.keys()) {
      if (added.has(parentOf(cgroup) ?? '')) this.#unreported.delete(cgroup);
    }
  }

  /** Units of a pattern can appear in any directory that can hold units. */
  #followPatterns(): void {
    const { patterns } = this.#targets!;
    if (patterns.length === 0) return;
    for (const { path, qualifier } of this.#tools.tree.branches.values()) {
      if (patterns.some((pattern) => pattern.mayMatchBelow(qualifier))) this.#removed.follow(path);
    }
  }
}

function mayHoldUnits(directory: string): boolean {
  const name = unescapeDirectory(directory);
  return isSliceName(name) || userOfManager(name) !== undefined;
}

/** Cgroups in which a target may appear or exists. */
function placesOf({ places, instances }: Tracked): string[] {
  return [...places, ...instances.flatMap(({ cgroup }) => cgroup ?? [])];
}

function aboveOf(path: string): string | null {
  return path === '' ? null : parentOf(path);
}

function nameOfShared(directory: string): string {
  return `(shared in ${unitAt(directory === '' ? '/' : directory) ?? directory})`;
}

interface TrackedTargets {
  readonly named: readonly Tracked[];
  readonly patterns: readonly TrackedPattern[];
  readonly places: UnitPlaces;
}

/** The target that a cgroup path belongs to: a unit requested by name belongs to that target rather than to a pattern. */
function ownerOf(path: string, { named, patterns }: TrackedTargets): Owner {
  const unit = unitAt(path);
  const requested = named.find((tracked) => tracked.mayBeAt(path, unit));
  if (requested !== undefined) return { kind: 'unit', name: requested.unit, pattern: null };
  const pattern = patterns.find((tracked) => tracked.mayBeAt(path, unit));
  return pattern === undefined ? OTHER : { kind: 'unit', name: unit!, pattern: pattern.unit };
}

/**
 * Owner of the CPU of unseen cgroups of a directory: any target that is awaited there. `isNew`: they are all cgroups
 * that the directory ever had.
 */
function ownerOfUnseen(
  path: string,
  isNew: boolean,
  { named, patterns }: TrackedTargets,
  tree: UnitTree,
): Owner {
  const isHere = (cgroup: string) => parentOf(cgroup) === path;
  const awaited = named.filter((tracked) => tracked.places.some(isHere) && tracked.isAbsent);
  const qualifier = tree.branches.get(path)?.qualifier;
  const isMatched = patterns.some((pattern) => qualifier !== undefined && pattern.mayMatchBelow(qualifier));
  if (awaited.length + (isMatched ? 1 : 0) === 0) return OTHER;
  const [unit] = awaited;
  const isCertain = isNew && !isMatched && awaited.length === 1;
  return isCertain ? { kind: 'unit', name: unit!.unit, pattern: null } : SHARED;
}

/** The unit whose own cgroup is at a path, or null. */
function unitAt(path: string): string | null {
  const place = unitOfPath(path);
  return place !== null && place.subPath === '' ? place.unit : null;
}
