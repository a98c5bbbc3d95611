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

/** Ticks after which a parent is asked again whether it is a manager: its number may belong to another process. */
const ASK_MANAGER_TICKS = 20;
const INIT_PID = 1;
const MOST_MANAGERS = 1000;

interface Manager {
  readonly isManager: boolean;
  readonly askedAtTick: number;
}

/** No more shadows than this are followed in one instance. */
const MOST_SHADOWS = 1000;

/** Who has a row: processes come onto it as members or shadows of an instance, leave, and end. */
export class ProcessRegistry {
  readonly #host: Host;
  readonly #targets: Targets;
  readonly #instances: WatchedInstances;
  readonly #reader: ProcessReader;
  readonly #rowReader: RowReader;
  readonly #table: ProcessTable;
  readonly #secondsPerTick: number;
  #startedAtSeconds = Number.NaN;
  /** By PID: one of its rows. */
  readonly #byPid = new Map<number, TrackedProcess>();
  readonly #managers = new Map<number, Manager>();
  /** The last tick in which a process that had lived elsewhere became a member. */
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

  /** Watching began at that time. */
  begin(atSeconds: number): void {
    this.#startedAtSeconds = atSeconds;
  }

  /**
   * A member that has no row gets one, unless it is gone already. `isMember`: whether a PID that has no row either was
   * listed with it. `sinceSeconds`: the last time at which a look at all members did not find it.
   */
  admit(
    pid: number,
    subCgroup: string,
    watched: WatchedInstance,
    isMember: (pid: number) => boolean,
    sinceSeconds: number,
  ): void {
    const elsewhere = watched.shadows.get(pid);
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

  /** It has a row, and is a member again. False where its number now belongs to another process. */
  #takeBack(row: TrackedProcess, subCgroup: string, watched: WatchedInstance): boolean {
    if (this.#reader.readStat(row) === 'gone') {
      this.end(row);
      return false;
    }
    watched.shadows.delete(row.pid);
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

  /** A process's row in one of the instances; its `nextOfPid` is that in another. */
  find(pid: number): TrackedProcess | undefined {
    return this.#byPid.get(pid);
  }

  /** A member's child in another cgroup is followed, to know it when the member waits for it. */
  follow(pid: number, watched: WatchedInstance): void {
    if (watched.shadows.size >= MOST_SHADOWS) return;
    const row = this.#open(pid, watched);
    if (row === undefined) return;
    this.#table.rows.state[row.slot] = ROW_FOREIGN_CHILD;
    watched.shadows.set(pid, row);
    this.#rowReader.readFirst(row);
  }

  /** It lives on in another cgroup; its parent here may still wait for it. */
  leave(row: TrackedProcess): void {
    const watched = this.#instances.of(row);
    watched?.members.delete(row.pid);
    row.activity.changed();
    this.#table.rows.state[row.slot] = ROW_LEFT;
    this.#table.noteChange(row.slot);
    this.#reader.closeCounters(row);
    if (watched !== undefined && watched.shadows.size < MOST_SHADOWS) watched.shadows.set(row.pid, row);
    else this.end(row);
  }

  end(row: TrackedProcess): void {
    row.activity.changed();
    this.#table.rows.state[row.slot] = ROW_ENDED;
    this.#table.noteChange(row.slot);
    this.#reader.close(row);
    const watched = this.#instances.of(row);
    if (watched?.members.get(row.pid) === row) watched.members.delete(row.pid);
    if (watched?.shadows.get(row.pid) === row) watched.shadows.delete(row.pid);
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
   * Whether the process began in this instance, so that all its counters are the instance's. The kernel does not say so;
   * it began here if it started since the last listing (of an instance that was just found: since its cgroup was
   * created), if no earlier listing of another cgroup named it, and if its parent has a row or is a service manager. All
   * others were moved in, with a past from elsewhere.
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
    // Start times are cut down to whole ticks.
    if (row.bornAtSeconds + this.#secondsPerTick < since) return false;
    if (this.#wasElsewhere(row, watched)) return false;
    const { ppid } = this.#reader.stat;
    // A child of another target's process may be cloned into this cgroup (`CLONE_INTO_CGROUP`, clone3(2)).
    return this.#byPid.has(ppid) || isMember(ppid) || this.#startsUnits(ppid);
  }

  /** Whether it was met earlier, or is met in this tick, in a cgroup that does not lie in or around this one. */
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

  /** Whether a PID outside of a unit starts the processes of units: PID 1, a user's manager, this program. */
  #startsUnits(pid: number): boolean {
    // 0: the parent is outside of the PID namespace of this `/proc`.
    if (pid <= INIT_PID || this.#reader.isSelf(pid)) return true;
    const { tick } = this.#table.current;
    const known = this.#managers.get(pid);
    if (known !== undefined && tick - known.askedAtTick < ASK_MANAGER_TICKS) return known.isManager;
    if (known === undefined && this.#managers.size >= MOST_MANAGERS) this.#managers.clear();
    // A manager is in the init scope of the units that it keeps (systemd.special(7)).
    const isManager = this.#targets.cgroupOf(pid)?.endsWith(`/${INIT_SCOPE}`) ?? false;
    this.#managers.set(pid, { isManager, askedAtTick: tick });
    return isManager;
  }
}
