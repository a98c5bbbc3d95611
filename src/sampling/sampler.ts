import type { Targets } from '../discovery/targets/targets.ts';
import type { Host } from '../host/host.ts';
import type { KernelClocks } from '../host/kernel-clocks.ts';
import { isInPath, pathBelow } from '../host/nested-path.ts';
import { listProcesses } from '../host/proc/process-list.ts';
import { isEnding, STATE_ZOMBIE } from '../host/proc/stat.ts';
import { processOf } from '../host/proc/status.ts';
import type { TaskTurnover } from '../host/proc/task-turnover.ts';
import type { ProcessDetail } from './choices.ts';
import { FOR_RESTING } from './descriptor-budget.ts';
import { DetailReader } from './detail-reader.ts';
import { lastListedAt, MemberLists } from './member-lists.ts';
import { OutsideParents } from './outside-parents.ts';
import { ROW_ALIVE, ROW_FOREIGN_CHILD, ROW_ZOMBIE } from './process-columns.ts';
import { ProcessReader, type ProcessReaderOptions } from './process-reader.ts';
import { ProcessRegistry } from './process-registry.ts';
import { ProcessTable } from './process-table.ts';
import type { ReadProblems } from './read-problems.ts';
import { isResting, RowReader } from './row-reader.ts';
import type { Sample } from './sample.ts';
import { TickStamps } from './tick-stamps.ts';
import type { TrackedProcess } from './tracked-process.ts';
import { WatchedInstances } from './watched-instances.ts';

/** The tick that scans all processes for foreign children: not the first, which must be fast. */
const SCAN_TICK = 1;
/** Ticks between two scans of all processes while processes are being moved into targets. */
const RESCAN_TICKS = 20;
/**
 * Maximum number of new PIDs in a tick that are checked one by one; more are found by listing all processes. Checking by
 * CPU clock costs a tenth of checking by file.
 */
const FEW_PIDS = 32;
const FEW_PIDS_BY_CLOCK = 1024;
/** New processes of the host that are looked at in one tick. */
const MOST_LOOKS = 256;
/** With fewer idle members, another read of the cgroup's counter does not pay off. */
const FEW_RESTING = 16;
/**
 * Ticks for which the remaining rows of an ended instance are followed: zombies that no process waits for, foreign
 * children.
 */
const LEFTOVER_TICKS = 20;

/** Data to read in addition to the counters that the ledger needs. */
export interface SamplerOptions extends ProcessReaderOptions {
  /** Default: none. */
  readonly details?: ReadonlySet<ProcessDetail>;
  /** Ticks between two reads of details with files of their own; default 20. */
  readonly detailsEveryTicks?: number;
  /**
   * The monotonic clock of the times passed to `sample`. With it, rates cover the time between two reads of a value,
   * which happen some time into a sample; without it, the time between two samples.
   */
  readonly nowSeconds?: () => number;
}

const DETAILS_EVERY_TICKS = 20;

/**
 * Reads every process of every target into a sample, once a tick. Parents are read before their children, `io` after
 * all `stat` files, and a cgroup's own counter after its processes, so that bookings never exceed it.
 */
export class Sampler {
  /** Two buffers alternate. */
  readonly #stamps = new TickStamps<Sample>('a sample', 2);
  readonly #targets: Targets;
  readonly #nowSeconds: (() => number) | undefined;
  readonly #procRoot: string;
  readonly #taskTurnover: TaskTurnover | null;
  readonly #clocks: KernelClocks | null;
  readonly #reader: ProcessReader;
  readonly #instances = new WatchedInstances();
  readonly #table: ProcessTable;
  readonly #rowReader: RowReader;
  readonly #registry: ProcessRegistry;
  readonly #memberLists: MemberLists;
  readonly #outsideParents: OutsideParents;
  readonly #detailReader: DetailReader | undefined;
  #tick = -1;
  /** Time of the previous sample. */
  #previousAtSeconds = Number.NaN;
  #scannedAtTick = 0;
  /** PIDs of new processes of the host that wait to be looked at; newer ones than `#queuedUpTo` are queued after these. */
  #unlooked: number[] = [];
  #queuedUpTo = Number.NaN;
  /** Whether a member may have forked since then. */
  #hasUnqueued = false;
  /** Whether a member may have run in the previous tick. */
  #membersRan = true;
  /** Rows whose names were reread since the previous tick and have changed. */
  readonly #renamed: TrackedProcess[] = [];

  constructor(host: Host, targets: Targets, problems: ReadProblems, options: SamplerOptions) {
    this.#targets = targets;
    this.#nowSeconds = options.nowSeconds;
    this.#procRoot = host.procRoot;
    this.#taskTurnover = host.taskTurnover;
    this.#clocks = host.clocks;
    this.#table = new ProcessTable(options.details ?? new Set());
    this.#reader = new ProcessReader(host, problems, options);
    this.#rowReader = new RowReader(host, this.#reader, this.#table);
    this.#registry = new ProcessRegistry(
      host,
      targets,
      this.#instances,
      this.#reader,
      this.#rowReader,
      this.#table,
    );
    this.#memberLists = new MemberLists(this.#instances, this.#registry, this.#table, problems);
    this.#outsideParents = new OutsideParents(this.#reader, host.ticksPerSecond);
    const { details } = this.#table;
    const everyTicks = options.detailsEveryTicks ?? DETAILS_EVERY_TICKS;
    if (details !== null) {
      this.#detailReader = new DetailReader(host, this.#table, details, problems, everyTicks);
    }
  }

  /**
   * Takes a sample at the given times. `full` reads every row, as required in the last tick of a run; if there are many
   * rows, only those that ran or whose files are held. The sample is valid until the tick after the next. `withFigures`
   * also reads the other metrics of all cgroups.
   */
  sample(atSeconds: number, unixMillis: number, full = false, withFigures = full): Sample {
    this.#tick++;
    if (this.#tick === 0) this.#registry.begin(atSeconds);
    // At the end of a unit, all its processes run once more, in their exit: a held file takes 4.5 KB of kernel memory.
    if (full) this.#reader.holdNoMore();
    this.#table.advance(this.#tick, atSeconds, unixMillis);
    const { readTimes } = this.#table.current;
    readTimes.begin(atSeconds, this.#nowSeconds);
    for (const { slot } of this.#renamed) this.#table.noteChange(slot);
    this.#renamed.length = 0;
    this.#targets.refresh();
    this.#instances.meet(this.#targets, this.#tick);
    // Before any CPU is read: a process that has forked by now has used CPU that the reads below include.
    const turnover = this.#taskTurnover?.read() ?? Number.NaN;
    this.#instances.begin(full, full || withFigures);
    const outsideParents = this.#outsideParents.read(this.#tick);
    readTimes.take();
    this.#findResting(turnover);
    this.#readRows(full);
    readTimes.take();
    this.#memberLists.read(this.#tick, turnover, full, withFigures);
    this.#checkUnlisted();
    this.#findUnlisted();
    readTimes.take();
    this.#table.settle();
    this.#needParents();
    this.#rowReader.readPendingIo();
    const { current } = this.#table;
    current.units = this.#targets.units;
    current.origins = this.#targets.origins;
    const intervalSeconds = atSeconds - this.#previousAtSeconds;
    current.instances = this.#instances.read(this.#tick, intervalSeconds, withFigures, readTimes);
    current.ended = this.#targets.readEnded(atSeconds, full);
    this.#outsideParents.needManagers(current, this.#tick);
    const fresh = this.#outsideParents.fresh();
    current.outsideParents = fresh.length === 0 ? outsideParents : [...outsideParents, ...fresh];
    this.#detailReader?.read(full);
    this.#table.listChanged();
    this.#previousAtSeconds = atSeconds;
    return this.#stamps.stamp(current);
  }

  /** Number of rows. */
  get trackedProcesses(): number {
    return this.#table.current.count;
  }

  /**
   * Reads the names of a process between two samples: it has just executed another program, and may end before the next
   * sample.
   */
  refreshNames(pid: number): void {
    for (let row = this.#registry.find(pid); row !== undefined; row = row.nextOfPid) {
      if (this.#reader.readStat(row) === 'read' && this.#reader.refreshNames(row, true))
        this.#renamed.push(row);
    }
  }

  /** Whether files of any process are opened for each read because descriptors are short. */
  get isShortOfDescriptors(): boolean {
    return this.#reader.isShortOfDescriptors;
  }

  /**
   * Closes the files of processes after the last sample: each takes 4.5 KB of kernel memory, which counts against the
   * memory limit of unitledger's cgroup. Releases the data of the processes.
   */
  closeProcesses(): void {
    for (const process of this.#table.processes) if (process !== undefined) this.#reader.close(process);
    this.#table.processes.length = 0;
    for (const { listing, members } of this.#instances.all()) {
      listing.length = 0;
      members.clear();
    }
  }

  /** Closes all files. */
  close(): void {
    this.closeProcesses();
    this.#outsideParents.close();
    this.#targets.close();
  }

  #readRows(full: boolean): void {
    const { rows, slots, count, tick } = this.#table.current;
    const { dueAtTick } = this.#table;
    const rests = this.#instances.findRests(count);
    // Above this number of rows, files of most idle rows are not held. Opening all of them by path takes 4 KB of kernel
    // memory each, faster than the kernel can free it in a cgroup with a limit.
    const sparesIdle = count > FOR_RESTING;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      // Thousands of sleeping processes: not even their objects are touched.
      if (dueAtTick[slot]! > tick && rests[rows.unit[slot]!] === 1 && rows.state[slot] === ROW_ALIVE)
        continue;
      const row = this.#table.processes[slot]!;
      if (!this.#rowReader.read(row, full, sparesIdle)) this.#registry.end(row);
    }
  }

  /**
   * Finds instances whose idle members can be skipped, or whose members need not be listed: the clocks of the active
   * members account for their cgroup's CPU.
   */
  #findResting(turnover: number): void {
    let mayPassOver = false;
    for (const { activity } of this.#instances.all()) mayPassOver ||= activity.mayPassOver;
    if (!mayPassOver) return;
    const { rows, slots, count } = this.#table.current;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const row = this.#table.processes[slot]!;
      if (!row.activity.mayPassOver || rows.state[slot] !== ROW_ALIVE) continue;
      if (isResting(row, this.#tick)) row.activity.resting++;
      else this.#rowReader.readAhead(row);
    }
    for (const { target, activity, listedAtTurnover } of this.#instances.all()) {
      const mayBeUnlisted = activity.mayPassOver && listedAtTurnover === turnover;
      if (mayBeUnlisted || activity.resting >= FEW_RESTING) activity.judge(target.readCpuSeconds());
    }
  }

  /** Handles rows that no listing contained: they have ended, are exiting, are zombies, or run in another cgroup. */
  #checkUnlisted(): void {
    const { slots, count } = this.#table.current;
    if (this.#memberLists.areAllKnown(count)) return;
    for (let i = 0; i < count; i++) {
      const row = this.#table.processes[slots[i]!]!;
      if (lastListedAt(row) === this.#tick || row.activity.unlistedAtTick === this.#tick) continue;
      if (this.#table.stateOf(row) !== ROW_ALIVE) {
        if (this.#isLeftOver(row)) this.#registry.end(row);
        continue;
      }
      if (!this.#rowReader.read(row, true)) {
        this.#table.takeBack(row);
        this.#registry.end(row);
      } else if (this.#hasLeft(row)) {
        if (lastListedAt(row) < this.#tick - 1) this.#rowReader.disown(row);
        this.#registry.leave(row);
      }
    }
  }

  /** Whether a row that no listing contains runs on, in another cgroup. False if that is unknown. */
  #hasLeft(row: TrackedProcess): boolean {
    if (this.#table.stateOf(row) !== ROW_ALIVE || row.statReadAtTick < this.#tick) return false;
    // After its leader, the last thread may take long to release the memory: all threads have ended for the kernel's list.
    return !isEnding(this.#reader.stat) && !(row.isLeaderless && row.livingThread === 0);
  }

  #isLeftOver(row: TrackedProcess): boolean {
    if (this.#instances.of(row) !== undefined) return false;
    const isForeign = this.#table.stateOf(row) === ROW_FOREIGN_CHILD;
    return this.#tick - (isForeign ? row.listedAtTick : lastListedAt(row)) > LEFTOVER_TICKS;
  }

  /**
   * Finds what no listing names: members' children that live in other cgroups, and members that have ended and wait to be
   * reaped. Of what was there before the watch, all processes are looked through; afterwards only those whose PIDs were
   * given out since the previous tick, and only if a member ran: a member that did not has no new child.
   */
  #findUnlisted(): void {
    const newest = this.#taskTurnover?.newestPid ?? Number.NaN;
    // A fork between the read of the newest PID and that of the clock shows in the clock one tick before it shows in the PIDs.
    const ranBefore = this.#membersRan;
    this.#membersRan = this.#mayHaveForked();
    const isDue = this.#tick === SCAN_TICK || this.#registry.movedInAtTick > this.#scannedAtTick;
    if (isDue && this.#tick - this.#scannedAtTick >= (this.#tick === SCAN_TICK ? 1 : RESCAN_TICKS)) {
      this.#scannedAtTick = this.#tick;
      this.#queuedUpTo = newest;
      this.#unlooked = [];
      for (const pid of this.#pidsAbove(0)) this.#lookAt(pid);
      return;
    }
    this.#hasUnqueued ||= this.#membersRan || ranBefore;
    const haveWaited = this.#unlooked.length > 0;
    if (!haveWaited) {
      if (this.#hasUnqueued) this.#unlooked = this.#newPids(newest);
      this.#queuedUpTo = newest;
      this.#hasUnqueued = false;
    }
    // In a storm of processes elsewhere on the host the others wait, and most have ended when their turn comes.
    for (const pid of this.#unlooked.splice(0, MOST_LOOKS))
      if (!haveWaited || this.#mayBeProcess(pid)) this.#lookAt(pid);
  }

  /** Processes whose PIDs were given out since the last ones were queued. */
  #newPids(newest: number): number[] {
    const before = this.#queuedUpTo;
    const few = this.#clocks === null ? FEW_PIDS : FEW_PIDS_BY_CLOCK;
    if (newest > before && newest - before <= few) {
      const pids: number[] = [];
      for (let pid = before + 1; pid <= newest; pid++) if (this.#mayBeProcess(pid)) pids.push(pid);
      return pids;
    }
    // After the highest PID, the lowest ones follow.
    return newest !== before && before > 0 ? this.#pidsAbove(newest > before ? before : 0) : [];
  }

  /** False for a thread and for a process that was reaped: most new PIDs of a host, for which opening a file would fail. */
  #mayBeProcess(pid: number): boolean {
    return this.#clocks === null || !Number.isNaN(this.#clocks.readProcessNanos(pid));
  }

  #mayHaveForked(): boolean {
    for (const { activity } of this.#instances.all())
      if (!activity.isIdle(this.#clocks !== null)) return true;
    return false;
  }

  #pidsAbove(least: number): number[] {
    const pids: number[] = [];
    listProcesses(this.#procRoot, {
      push: (pid) => {
        if (pid > least) pids.push(pid);
      },
    });
    return pids;
  }

  /** Creates a row for a process that no listing contained, if it is an ended child of a member, or a foreign child. */
  #lookAt(pid: number): void {
    if (this.#registry.has(pid)) return;
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') return;
    const { ppid, state } = this.#reader.stat;
    this.#reader.letGo(opened.descriptor);
    if (!this.#registry.has(ppid)) return;
    // A thread has such a file too, with its process's values.
    const cgroup = processOf(this.#procRoot, pid) === pid ? this.#targets.cgroupOf(pid) : undefined;
    if (cgroup === undefined) return;
    const isOver = state === STATE_ZOMBIE || isEnding(this.#reader.stat);
    for (const watched of this.#instances.withMember(ppid)) {
      const { target, members } = watched;
      const place = target.cgroup;
      if (place === null) continue;
      // A v1 hierarchy shows an ended process in its root: most children are in the cgroup of their parent.
      const isUnknown = isOver && cgroup === '/' && !target.countsEveryMember;
      const subCgroup = isUnknown ? members.get(ppid)!.subCgroup : pathBelow(cgroup, place);
      if (!isUnknown && !isInPath(cgroup, place)) this.#registry.follow(pid, watched);
      else if (isOver) this.#registry.admit(pid, subCgroup, watched, () => false, this.#previousAtSeconds);
    }
  }

  /** Finds the outside parents of rows. */
  #needParents(): void {
    const isSame = !this.#table.familiesChanged && this.#instances.changedAtTick < this.#tick;
    if (isSame && !this.#outsideParents.isIncomplete) {
      this.#outsideParents.renew(this.#tick);
      return;
    }
    this.#table.familiesChanged = false;
    this.#outsideParents.isIncomplete = false;
    const { rows, slots, count } = this.#table.current;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const state = rows.state[slot];
      if (state !== ROW_ALIVE && state !== ROW_ZOMBIE) continue;
      const ppid = rows.ppid[slot]!;
      const watched = this.#instances.of(this.#table.processes[slot]!);
      // 0: the parent is outside of the PID namespace of this `/proc`.
      if (ppid === 0 || watched === undefined || watched.members.has(ppid)) continue;
      this.#outsideParents.need(watched.unit, ppid, this.#tick);
    }
  }
}
