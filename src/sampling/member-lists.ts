import type { MemberSink } from '../target/targets.ts';
import { ROW_ALIVE } from './process-columns.ts';
import type { ProcessTable } from './process-table.ts';
import type { ReadProblems } from './read-problems.ts';
import type { Roster } from './roster.ts';
import type { TrackedProcess } from './tracked-process.ts';
import type { WatchedInstance, WatchedInstances } from './watched-instances.ts';

/** Members of an instance that rests are listed again after so many ticks: one that sleeps may be moved. */
const LISTING_TICKS = 4;

/** Lists the members of all instances: who has a row is marked as listed, and who has none gets one. */
export class MemberLists implements MemberSink {
  readonly #instances: WatchedInstances;
  readonly #roster: Roster;
  readonly #table: ProcessTable;
  readonly #problems: ReadProblems;
  #tick = -1;
  /** The instance that is being listed, and how many rows of its it has named so far. */
  #watched: WatchedInstance | undefined;
  #named = 0;
  /** PIDs that have no row yet, and where they are. */
  readonly #strangers: number[] = [];
  readonly #strangersCgroups: string[] = [];

  constructor(instances: WatchedInstances, roster: Roster, table: ProcessTable, problems: ReadProblems) {
    this.#instances = instances;
    this.#roster = roster;
    this.#table = table;
    this.#problems = problems;
  }

  /** To be called once a tick, when its rows are read. `all`: of instances that rest, too. */
  read(tick: number, all: boolean): void {
    this.#tick = tick;
    for (const watched of this.#instances.all()) {
      const { activity } = watched;
      // Who comes or ends runs. Only one that sleeps comes or leaves without that, and nothing is used by it here then.
      const rests = !all && activity.isStill && !activity.hasChanged;
      if (rests && tick - watched.listedAtTick < LISTING_TICKS) activity.unlistedAtTick = tick;
      else this.#list(watched);
    }
    this.#watched = undefined;
  }

  #list(watched: WatchedInstance): void {
    watched.listedAtTick = this.#tick;
    this.#watched = watched;
    this.#named = 0;
    const outcome = watched.target.listMembers(this);
    watched.listing.length = this.#named;
    if (outcome !== 'listed') {
      this.#problems.count('cgroup.procs', outcome);
      // Nobody left because a list could not be read.
      if (outcome !== 'gone') for (const row of watched.members.values()) row.listedAtTick = this.#tick;
    }
    for (const [i, pid] of this.#strangers.entries()) {
      this.#roster.admit(pid, this.#strangersCgroups[i]!, watched);
    }
    this.#strangers.length = 0;
    this.#strangersCgroups.length = 0;
  }

  /** A member of the instance that is being listed. */
  push(pid: number, subCgroup: string): void {
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
    // They come in the order in which they came before, as a rule.
    const next = listing[this.#named];
    const isNext = next?.pid === pid && this.#table.isRow(next) && this.#table.stateOf(next) === ROW_ALIVE;
    const row = isNext ? next : members.get(pid);
    if (row !== undefined) listing[this.#named++] = row;
    return row;
  }
}
