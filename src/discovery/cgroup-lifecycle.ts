import { stampOf } from '../host/cgroup/directory.ts';
import type { FileEvent, FileEvents, FileWatch, NoEventsReason } from '../host/cgroup/file-events.ts';
import { isSliceName, unescapeDirectory, userOfManager } from '../host/cgroup/unit-name.ts';
import { unitOfPath } from '../host/cgroup/unit-path.ts';
import type { CgroupInstance, InstanceListener } from './cgroups/cgroup-instance.ts';
import type { DirectoryTools } from './events/directory-children.ts';
import { parentOf, RemovedCgroups } from './slices/removed-cgroups.ts';
import type { TargetFinding } from './targets/findings.ts';
import { OTHER, type Owner, SHARED } from './targets/owner.ts';
import type { RemovedUsage } from './targets/targets.ts';
import type { Tracked } from './tracked.ts';
import type { TrackedPattern } from './tracked-pattern.ts';
import type { UnitPlaces } from './units/unit-places.ts';
import type { UnitTree } from './units/unit-tree.ts';

/** The watches on directories of the unit tree. A directory that was created again is watched again. */
class DirectoryWatches {
  readonly #events: FileEvents | null;
  readonly #root: string;
  readonly #changed: (path: string, event: FileEvent, name: string) => void;
  readonly #failed: (reason: NoEventsReason) => void;
  readonly #watched = new Map<string, Watched>();

  /** `root`: of the unit tree. `changed` gets the path of the directory below it. */
  constructor(
    events: FileEvents | null,
    root: string,
    changed: (path: string, event: FileEvent, name: string) => void,
    failed: (reason: NoEventsReason) => void,
  ) {
    this.#events = events;
    this.#root = root;
    this.#changed = changed;
    this.#failed = failed;
  }

  isWatched(path: string): boolean {
    return this.#watched.has(path);
  }

  /** Watches these directories, given with their inodes, and no others. */
  keep(wanted: ReadonlyMap<string, number>): void {
    for (const [path, { inode, watch }] of this.#watched) {
      if (wanted.get(path) === inode) continue;
      watch.close();
      this.#watched.delete(path);
    }
    if (this.#events === null) return;
    for (const [path, inode] of wanted) {
      if (this.#watched.has(path)) continue;
      const watched = this.#events.watch(
        this.#root + path,
        (event, name) => this.#changed(path, event, name),
        (reason) => this.#end(path, watched, reason),
      );
      if (typeof watched !== 'string') this.#watched.set(path, { inode, watch: watched });
      else if (watched !== 'gone') this.#failed(watched);
    }
  }

  #end(path: string, watch: FileWatch | NoEventsReason, reason: NoEventsReason): void {
    if (this.#watched.get(path)?.watch === watch) this.#watched.delete(path);
    if (reason !== 'gone') this.#failed(reason);
  }

  close(): void {
    for (const { watch } of this.#watched.values()) watch.close();
    this.#watched.clear();
  }
}

export interface LifecycleTools extends Omit<DirectoryTools, 'eventsFailed'> {
  readonly tree: UnitTree;
  readonly report: (finding: TargetFinding) => void;
  /** On the clock of the samples. */
  monotonicSeconds(): number;
}

/** No event came of what was found by looking so long ago: none ever will. */
const SILENT_SECONDS = 2;

/**
 * Watches every directory that a target can come to be in, opens instances as their cgroups are created and drops them as
 * they are removed, and knows what removed ones used. Without events all of it is found by looking.
 */
export class CgroupLifecycle implements InstanceListener {
  /** Whether the search as the run begins is going on. */
  isBeginning = true;
  createdAtSeconds = Number.NaN;
  readonly #tools: LifecycleTools;
  readonly #watches: DirectoryWatches;
  readonly #removed: RemovedCgroups;
  #targets: TrackedTargets | undefined;
  #branches: UnitTree['branches'] | undefined;
  #isPolling: boolean;
  #hasChanged = false;
  /** Turns of the event loop in which there were events. */
  #turn = 0;
  #isTurnCounted = false;
  #isClosed = false;
  #defect: unknown;
  /** When each was found by a listing that no event has reported yet. By path. */
  readonly #unreported = new Map<string, number>();
  /** When the event loop was last blocked by a tick whose events it has not delivered yet; NaN if it is not. */
  #busySinceSeconds = Number.NaN;
  /** The first refresh, until the second: the rest of the program is loaded then, and events wait for that. */
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

  /** Begins to watch, once all that is there was opened. */
  begin(targets: TrackedTargets): void {
    this.#targets = targets;
    if (this.#hasUnits) this.#tools.tree.update(true);
    this.#watch();
    for (const { unit, places } of targets.named) this.expect(unit, places);
    for (const { unit } of targets.patterns) this.#removed.know(unit, '');
    this.#followPatterns();
    this.#removed.settle(this.#tools.monotonicSeconds());
    this.isBeginning = false;
  }

  /** A target may come to be in these cgroups. */
  expect(unit: string, cgroups: readonly string[]): void {
    if (cgroups.length > 0) this.#removed.know(unit, cgroups[0]!);
    for (const cgroup of cgroups) {
      const directory = parentOf(cgroup);
      if (directory !== null) this.#removed.expect(directory);
    }
  }

  /** Whether what is absent has to be looked for in every tick. */
  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** Begins a refresh. Throws what an event's handler has thrown. */
  beginRefresh(): void {
    if (this.#defect !== undefined) throw this.#defect;
    this.#busySinceSeconds = this.#tools.monotonicSeconds();
    this.#loadingSinceSeconds = this.#loadingSinceSeconds === undefined ? this.#busySinceSeconds : Number.NaN;
    // Events of what happens in this tick are delivered before that (`poll` comes before `check`).
    setImmediate(() => this.#endTurn());
    const now = this.#busySinceSeconds;
    for (const [path, atSeconds] of this.#unreported) {
      if (!(now - atSeconds > SILENT_SECONDS)) continue;
      this.#unreported.delete(path);
      this.eventsFailed('silent');
    }
  }

  /** Ends a refresh: watches what has come, and returns whether anything changed since the last one. */
  endRefresh(): boolean {
    if (this.#tools.tree.branches !== this.#branches) {
      this.#watch();
      this.#followPatterns();
    }
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /** What removed cgroups of each unit used; `isLast`: as the run ends. To be called once a tick, after the instances were read. */
  readEnded(units: readonly string[], atSeconds: number, isLast: boolean): readonly (RemovedUsage | null)[] {
    this.#removed.keep(units);
    // Otherwise once the events of this tick are handled: until then, nobody knows what was removed in it.
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

  /** The events that waited for the end of a tick are handled. */
  #endTurn(): void {
    this.#busySinceSeconds = Number.NaN;
    if (!this.#isClosed) this.#guard(() => this.#removed.settle(this.#tools.monotonicSeconds()));
  }

  /** Calls `act` in the next `check` phase: `poll`, which comes before it, has delivered the events of all that happened so far. */
  #afterEvents(act: () => void): void {
    if (this.#tools.events === null) {
      act();
      return;
    }
    // One that is unreferenced would not keep `poll` from waiting.
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
    // It was created after the event loop was blocked, by a tick or by loading, where the event waited for that.
    const blocked = [this.#busySinceSeconds, this.#loadingSinceSeconds ?? Number.NaN];
    this.createdAtSeconds =
      blocked.find((seconds) => !Number.isNaN(seconds)) ?? this.#tools.monotonicSeconds();
    this.#removed.noteEntry(path, name, () => this.#look(`${path}/${name}`));
    if (mayHoldUnits(name)) this.#lookBelow(path, `${path}/${name}`);
    this.createdAtSeconds = Number.NaN;
  }

  #countTurn(): void {
    if (this.#isTurnCounted) return;
    this.#isTurnCounted = true;
    setImmediate(() => {
      this.#turn++;
      this.#isTurnCounted = false;
    });
  }

  #look(path: string): void {
    const unit = unitAt(path);
    for (const tracked of this.#all) if (tracked.look(path, unit)) this.#hasChanged = true;
  }

  /** A directory that can hold targets has come or gone. */
  #lookBelow(directory: string, path: string): void {
    const { tree } = this.#tools;
    tree.noteChange(directory);
    if (this.#hasUnits) tree.update(false);
    this.#watch();
    this.#followPatterns();
    for (const unit of tree.units) if (unit.path.startsWith(`${path}/`)) this.#look(unit.path);
  }

  get #all(): readonly Tracked[] {
    return [...this.#targets!.named, ...this.#targets!.patterns];
  }

  #watch(): void {
    const { tree, layout } = this.#tools;
    const wanted = new Map<string, number>();
    this.#branches = tree.branches;
    for (const [path, { inode }] of tree.branches) wanted.set(path, inode);
    for (const { places, instances } of this.#targets!.named) {
      for (const cgroup of [...places, ...instances.map((instance) => instance.cgroup)]) {
        for (let path = cgroup === null ? null : parentOf(cgroup); path !== null; path = aboveOf(path)) {
          if (wanted.has(path)) continue;
          const stamp = stampOf(layout.unitRoot + path);
          if (typeof stamp !== 'string') wanted.set(path, stamp.inode);
        }
      }
    }
    this.#watches.keep(wanted);
  }

  /** A pattern's units can come to be in any directory that can hold them. */
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
  // What is named by its path can be in any directory.
  return isSliceName(name) || userOfManager(name) !== undefined || !name.includes('.');
}

function aboveOf(path: string): string | null {
  return path === '' ? null : parentOf(path);
}

function nameOfShared(directory: string): string {
  return `(shared in ${unitAt(directory === '' ? '/' : directory) ?? directory})`;
}

/** What is tracked. */
interface TrackedTargets {
  readonly named: readonly Tracked[];
  readonly patterns: readonly TrackedPattern[];
  readonly places: UnitPlaces;
}

/** Which target the cgroup at a path belongs to: a unit that is requested by name is that target's before a pattern's. */
function ownerOf(path: string, { named, patterns }: TrackedTargets): Owner {
  const unit = unitAt(path);
  const requested = named.find((tracked) => tracked.mayBeAt(path, unit));
  if (requested !== undefined) return { kind: 'unit', name: requested.unit, pattern: null };
  const pattern = patterns.find((tracked) => tracked.mayBeAt(path, unit));
  return pattern === undefined ? OTHER : { kind: 'unit', name: unit!, pattern: pattern.unit };
}

/**
 * Owner of the CPU of unseen cgroups of a directory: they may be of any target that is awaited there. `isNew`: they
 * are all that the directory ever held.
 */
function ownerOfUnseen(
  path: string,
  isNew: boolean,
  { named, patterns }: TrackedTargets,
  tree: UnitTree,
): Owner {
  const isHere = (cgroup: string) => parentOf(cgroup) === path;
  const awaited = named.filter(({ places, instances }) => instances.length === 0 && places.some(isHere));
  const qualifier = tree.branches.get(path)?.qualifier;
  const isMatched = patterns.some((pattern) => qualifier !== undefined && pattern.mayMatchBelow(qualifier));
  if (awaited.length + (isMatched ? 1 : 0) === 0) return OTHER;
  const [unit] = awaited;
  const isCertain = isNew && !isMatched && awaited.length === 1;
  return isCertain ? { kind: 'unit', name: unit!.unit, pattern: null } : SHARED;
}

/** The unit whose own cgroup is at a path; null if there is none. */
function unitAt(path: string): string | null {
  const place = unitOfPath(path);
  return place !== null && place.subPath === '' ? place.unit : null;
}

interface Watched {
  readonly inode: number;
  readonly watch: FileWatch;
}
