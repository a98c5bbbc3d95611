import type { MemberSink } from '../discovery/targets/targets.ts';
import { ROW_ALIVE } from './process-columns.ts';
import type { ProcessRegistry } from './process-registry.ts';
import type { ProcessTable } from './process-table.ts';
import type { ReadProblems } from './read-problems.ts';
import type { TrackedProcess } from './tracked-process.ts';
import type { WatchedInstance, WatchedInstances } from './watched-instances.ts';

/** Ticks between two listings of an instance without visible changes: a process may have been moved. */
const LISTING_TICKS = 4;
/** The same if nothing ran either, whatever other tasks of the host do: only an idle process may have been moved. */
const SLEEPERS_LISTING_TICKS = 20;

/** Lists the members of all instances: members with a row are marked as listed, others get a row. */
export class MemberLists implements MemberSink {
  readonly #instances: WatchedInstances;
  readonly #registry: ProcessRegistry;
  readonly #table: ProcessTable;
  readonly #problems: ReadProblems;
  #tick = -1;
  /** The instance that is being listed, and the number of its rows that were listed so far. */
  #watched: WatchedInstance | undefined;
  #named = 0;
  #isSynced = false;
  /** Listed PIDs without a row, and their sub-cgroups. */
  readonly #strangers: number[] = [];
  readonly #strangersCgroups: string[] = [];

  constructor(
    instances: WatchedInstances,
    registry: ProcessRegistry,
    table: ProcessTable,
    problems: ReadProblems,
  ) {
    this.#instances = instances;
    this.#registry = registry;
    this.#table = table;
    this.#problems = problems;
  }

  /**
   * Call once a tick, after its rows were read. `turnover`: task turnover read before the rows, or NaN. `full`: list
   * all instances. `closesWindow`: also list instances that were idle while tasks came and went.
   */
  read(tick: number, turnover: number, full: boolean, closesWindow: boolean): void {
    this.#tick = tick;
    for (const watched of this.#instances.all()) {
      const mustList = full || watched.activity.hasChanged;
      const ticks = mustList ? 0 : ticksUnlisted(watched, turnover, closesWindow);
      if (tick - watched.listedAtTick < ticks) watched.activity.unlistedAtTick = tick;
      else this.#list(watched, turnover, full);
    }
    this.#watched = undefined;
  }

  /** Whether each of the `rows` is of an instance that was not listed in this tick, or whose list was the same. */
  areAllKnown(rows: number): boolean {
    let known = 0;
    for (const { activity, members, foreignChildren } of this.#instances.all()) {
      if (activity.unlistedAtTick !== this.#tick && activity.sameListAtTick !== this.#tick) return false;
      known += members.size + foreignChildren.size;
    }
    return known === rows;
  }

  #list(watched: WatchedInstance, turnover: number, full: boolean): void {
    const { activity } = watched;
    watched.listedAtTick = this.#tick;
    this.#watched = watched;
    this.#named = 0;
    this.#isSynced = false;
    const mayBeSame = !full && watched.listedAllRows && watched.listedAtChanges === activity.changes;
    const outcome = watched.target.listMembers(this, mayBeSame);
    if (outcome === 'same') {
      activity.sameListAtTick = this.#tick;
      watched.listedAtSeconds = this.#table.current.atSeconds;
      watched.listedAtTurnover = turnover;
      return;
    }
    this.#syncListing(watched);
    watched.listing.length = this.#named;
    watched.listedAllRows =
      outcome === 'listed' && this.#strangers.length === 0 && this.#named === watched.members.size;
    if (outcome !== 'listed') {
      this.#problems.count('cgroup.procs', outcome);
      // A failed listing does not mean that members left.
      if (outcome !== 'gone') for (const row of watched.members.values()) row.listedAtTick = this.#tick;
    }
    for (const [i, pid] of this.#strangers.entries()) {
      this.#registry.admit(
        pid,
        this.#strangersCgroups[i]!,
        watched,
        this.#isStranger,
        watched.listedAtSeconds,
      );
    }
    watched.listedAtSeconds = this.#table.current.atSeconds;
    watched.listedAtTurnover = turnover;
    watched.listedAtChanges = activity.changes;
    this.#strangers.length = 0;
    this.#strangersCgroups.length = 0;
  }

  readonly #isStranger = (pid: number): boolean => this.#strangers.includes(pid);

  /** Notes in the rows themselves when they were last listed: the listing that follows differs. */
  #syncListing({ listing, activity }: WatchedInstance): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    for (const row of listing) row.listedAtTick = Math.max(row.listedAtTick, activity.sameListAtTick);
  }

  /** A member of the instance that is being listed. */
  push(pid: number, subCgroup: string): void {
    this.#syncListing(this.#watched!);
    const row = this.#rowOf(pid, this.#watched!);
    if (row === undefined) {
      this.#strangers.push(pid);
      this.#strangersCgroups.push(subCgroup);
      return;
    }
    row.listedAtTick = this.#tick;
    if (row.subCgroup === subCgroup) return;
    row.subCgroup = subCgroup;
    this.#table.noteChange(row.slot);
  }

  #rowOf(pid: number, { listing, members }: WatchedInstance): TrackedProcess | undefined {
    // The order is usually that of the previous listing.
    const next = listing[this.#named];
    const isNext = next?.pid === pid && this.#table.isRow(next) && this.#table.stateOf(next) === ROW_ALIVE;
    const row = isNext ? next : members.get(pid);
    if (row !== undefined) listing[this.#named++] = row;
    return row;
  }
}

/** The tick in which a member was last listed. */
export function lastListedAt({ listedAtTick, activity }: TrackedProcess): number {
  return Math.max(listedAtTick, activity.sameListAtTick);
}

/**
 * Ticks until the members of an instance must be listed again. A process that starts or ends runs, and is counted among
 * the host's tasks; only a moved process is added or leaves without that, and its usage here is missed or counted too
 * long until the next listing.
 */
function ticksUnlisted(
  { activity, listedAtTurnover }: WatchedInstance,
  turnover: number,
  closesWindow: boolean,
): number {
  const isSame = turnover === listedAtTurnover;
  if (activity.isStill) return isSame || !closesWindow ? SLEEPERS_LISTING_TICKS : 0;
  return isSame && activity.isAccountedFor && !closesWindow ? LISTING_TICKS : 0;
}
