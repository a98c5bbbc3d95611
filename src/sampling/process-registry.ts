import type { Targets } from '../discovery/targets/targets.ts';
import { INIT_SCOPE } from '../host/cgroup/unit-name.ts';
import type { Host } from '../host/host.ts';
import { isInPath } from '../host/nested-path.ts';
import {
  ORIGIN_BASELINE,
  ORIGIN_BIRTH,
  ROW_ALIVE,
  ROW_ENDED,
  ROW_FOREIGN_CHILD,
  ROW_LEFT,
} from './process-columns.ts';
import type { ProcessReader } from './process-reader.ts';
import type { ProcessTable } from './process-table.ts';
import type { RowReader } from './row-reader.ts';
import { TrackedProcess } from './tracked-process.ts';
import type { WatchedInstance, WatchedInstances } from './watched-instances.ts';

/** Ticks after which the manager check of a parent is repeated: its PID may belong to another process. */
const ASK_MANAGER_TICKS = 20;
const INIT_PID = 1;
const MOST_MANAGERS = 1000;

interface Manager {
  readonly isManager: boolean;
  readonly askedAtTick: number;
}

/** Maximum number of foreign children that are followed per instance. */
const MOST_FOREIGN_CHILDREN = 1000;

/** Processes that have a row: added as members or foreign children of an instance, removed when they leave or end. */
export class ProcessRegistry {
  readonly #host: Host;
  readonly #targets: Targets;
  readonly #instances: WatchedInstances;
  readonly #reader: ProcessReader;
  readonly #rowReader: RowReader;
  readonly #table: ProcessTable;
  readonly #secondsPerTick: number;
  #startedAtSeconds = Number.NaN;
  /** By PID: one of the process's rows. */
  readonly #byPid = new Map<number, TrackedProcess>();
  readonly #managers = new Map<number, Manager>();
  /** The last tick in which a process was moved in from another cgroup. */
  movedInAtTick = 0;

  constructor(
    host: Host,
    targets: Targets,
    instances: WatchedInstances,
    reader: ProcessReader,
    rowReader: RowReader,
    table: ProcessTable,
  ) {
    this.#host = host;
    this.#targets = targets;
    this.#instances = instances;
    this.#reader = reader;
    this.#rowReader = rowReader;
    this.#table = table;
    this.#secondsPerTick = 1 / host.ticksPerSecond;
  }

  /** Sets the start time of the run. */
  begin(atSeconds: number): void {
    this.#startedAtSeconds = atSeconds;
  }

  /**
   * Creates a row for a member that has none, unless the process is gone. `isMember`: whether a PID without a row was
   * listed together with it. `sinceSeconds`: time of the last complete listing that did not contain it.
   */
  admit(
    pid: number,
    subCgroup: string,
    watched: WatchedInstance,
    isMember: (pid: number) => boolean,
    sinceSeconds: number,
  ): void {
    const elsewhere = watched.foreignChildren.get(pid);
    if (elsewhere !== undefined && this.#takeBack(elsewhere, subCgroup, watched)) return;
    const row = this.#open(pid, watched);
    if (row === undefined) return;
    row.subCgroup = subCgroup;
    watched.activity.changed();
    const { rows } = this.#table;
    rows.state[row.slot] = ROW_ALIVE;
    watched.members.set(pid, row);
    const isBirth = this.#isBornHere(row, watched, isMember, sinceSeconds);
    rows.origin[row.slot] = isBirth ? ORIGIN_BIRTH : ORIGIN_BASELINE;
    if (!isBirth) this.movedInAtTick = this.#table.current.tick;
    this.#rowReader.readFirst(row);
  }

  /**
   * Makes a foreign child with a row a member again, or leaves it to a later listing if it cannot be read. False if its
   * PID now belongs to another process.
   */
  #takeBack(row: TrackedProcess, subCgroup: string, watched: WatchedInstance): boolean {
    const outcome = this.#reader.readStat(row);
    if (outcome === 'gone') {
      this.end(row);
      return false;
    }
    if (outcome !== 'read') return true;
    watched.foreignChildren.delete(row.pid);
    watched.members.set(row.pid, row);
    row.subCgroup = subCgroup;
    row.listedAtTick = this.#table.current.tick;
    row.activity.changed();
    const { rows } = this.#table;
    rows.state[row.slot] = ROW_ALIVE;
    rows.origin[row.slot] = ORIGIN_BASELINE;
    this.#table.noteChange(row.slot);
    this.#rowReader.readFirst(row);
    return true;
  }

  /** Whether a process has a row in any instance. */
  has(pid: number): boolean {
    return this.#byPid.has(pid);
  }

  /** A row of the process in one of the instances; `nextOfPid` links to its row in another instance. */
  find(pid: number): TrackedProcess | undefined {
    return this.#byPid.get(pid);
  }

  /** Follows a member's child in another cgroup, to recognise its CPU when the member waits for it. */
  follow(pid: number, watched: WatchedInstance): void {
    if (watched.foreignChildren.size >= MOST_FOREIGN_CHILDREN) return;
    const row = this.#open(pid, watched);
    if (row === undefined) return;
    this.#table.rows.state[row.slot] = ROW_FOREIGN_CHILD;
    watched.foreignChildren.set(pid, row);
    this.#rowReader.readFirst(row);
  }

  /** The process was moved to another cgroup; its parent here may still wait for it. */
  leave(row: TrackedProcess): void {
    const watched = this.#instances.of(row);
    watched?.members.delete(row.pid);
    row.activity.changed();
    this.#table.rows.state[row.slot] = ROW_LEFT;
    this.#table.noteChange(row.slot);
    this.#reader.closeCounters(row);
    if (watched !== undefined && watched.foreignChildren.size < MOST_FOREIGN_CHILDREN)
      watched.foreignChildren.set(row.pid, row);
    else this.end(row);
  }

  end(row: TrackedProcess): void {
    row.activity.changed();
    this.#table.rows.state[row.slot] = ROW_ENDED;
    this.#table.noteChange(row.slot);
    this.#reader.close(row);
    const watched = this.#instances.of(row);
    if (watched?.members.get(row.pid) === row) watched.members.delete(row.pid);
    if (watched?.foreignChildren.get(row.pid) === row) watched.foreignChildren.delete(row.pid);
    this.#unlink(row);
  }

  #link(row: TrackedProcess): void {
    row.nextOfPid = this.#byPid.get(row.pid);
    this.#byPid.set(row.pid, row);
  }

  #unlink(row: TrackedProcess): void {
    let before = this.#byPid.get(row.pid);
    if (before === row) {
      if (row.nextOfPid === undefined) this.#byPid.delete(row.pid);
      else this.#byPid.set(row.pid, row.nextOfPid);
      return;
    }
    while (before !== undefined && before.nextOfPid !== row) before = before.nextOfPid;
    if (before !== undefined) before.nextOfPid = row.nextOfPid;
  }

  #open(pid: number, watched: WatchedInstance): TrackedProcess | undefined {
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') return undefined;
    const { startTicks } = this.#reader.stat;
    const { slot, serial } = this.#table.reserve();
    const row = new TrackedProcess(
      serial,
      slot,
      pid,
      startTicks,
      this.#bornAtSeconds(startTicks),
      this.#host.boot.unixMillis + startTicks * this.#secondsPerTick * 1000,
      watched.serial,
      watched.activity,
      this.#table.current.tick,
    );
    row.statDescriptor = opened.descriptor;
    this.#table.place(row, watched.unit);
    this.#link(row);
    return row;
  }

  #bornAtSeconds(startTicks: number): number {
    return this.#host.boot.monotonicSeconds + startTicks * this.#secondsPerTick;
  }

  /**
   * Whether the process was born in this instance, so that all its counters belong to the instance. The kernel does not
   * report this. A process was born here if it started since the last listing (for a new instance: since its cgroup was
   * created), if no earlier listing of another cgroup contained it, and if its parent has a row or is a service
   * manager. All others were moved in, with counters from elsewhere.
   */
  #isBornHere(
    row: TrackedProcess,
    watched: WatchedInstance,
    isMember: (pid: number) => boolean,
    sinceSeconds: number,
  ): boolean {
    const { tick } = this.#table.current;
    if (tick === 0) return false;
    const { createdAtSeconds } = watched.target;
    const createdOrStarted = Number.isNaN(createdAtSeconds) ? this.#startedAtSeconds : createdAtSeconds;
    const since = watched.firstTick === tick ? createdOrStarted : sinceSeconds;
    // Start times are truncated to whole ticks.
    if (row.bornAtSeconds + this.#secondsPerTick < since) return false;
    if (this.#wasElsewhere(row, watched)) return false;
    const { ppid } = this.#reader.stat;
    // A child of another target's process may be cloned into this cgroup (`CLONE_INTO_CGROUP`, clone3(2)).
    return this.#byPid.has(ppid) || isMember(ppid) || this.#startsUnits(ppid);
  }

  /**
   * Whether the process was found earlier, or in this tick, in a cgroup that is neither an ancestor nor a descendant of
   * this one.
   */
  #wasElsewhere(row: TrackedProcess, watched: WatchedInstance): boolean {
    const { tick } = this.#table.current;
    for (let other = this.#byPid.get(row.pid); other !== undefined; other = other.nextOfPid) {
      if (other === row || other.startTicks !== row.startTicks) continue;
      const cgroup = this.#instances.of(other)?.target.cgroup ?? null;
      const place = watched.target.cgroup;
      const wasHere = place === null || cgroup === null || isInPath(cgroup + other.subCgroup, place);
      if (wasHere) continue;
      if (other.foundAtTick < tick || !(isInPath(cgroup, place) || isInPath(place, cgroup))) return true;
    }
    return false;
  }

  /** Whether a PID outside a unit starts processes of units: PID 1, a user's manager, unitledger. */
  #startsUnits(pid: number): boolean {
    // 0: the parent is outside of the PID namespace of this `/proc`.
    if (pid <= INIT_PID || this.#reader.isSelf(pid)) return true;
    const { tick } = this.#table.current;
    const known = this.#managers.get(pid);
    if (known !== undefined && tick - known.askedAtTick < ASK_MANAGER_TICKS) return known.isManager;
    if (known === undefined && this.#managers.size >= MOST_MANAGERS) this.#managers.clear();
    // A manager is in the init scope of the units that it manages (systemd.special(7)).
    const isManager = this.#targets.cgroupOf(pid)?.endsWith(`/${INIT_SCOPE}`) ?? false;
    this.#managers.set(pid, { isManager, askedAtTick: tick });
    return isManager;
  }
}
