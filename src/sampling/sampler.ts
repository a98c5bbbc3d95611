import type { Host } from '../host/host.ts';
import { listProcesses } from '../host/proc/process-list.ts';
import type { TargetInstance, Targets } from '../target/targets.ts';
import { OutsideParents } from './outside-parents.ts';
import {
  ORIGIN_BASELINE,
  ORIGIN_BIRTH,
  ROW_ALIVE,
  ROW_ENDED,
  ROW_LEFT,
  ROW_SHADOW,
  ROW_ZOMBIE,
} from './process-columns.ts';
import { ProcessReader } from './process-reader.ts';
import { ProcessTable } from './process-table.ts';
import type { ReadProblems } from './read-problems.ts';
import { RowReader } from './row-reader.ts';
import type { Sample } from './sample.ts';
import { TrackedProcess } from './tracked-process.ts';

/** What the sampler keeps of one target's life. */
interface WatchedInstance {
  readonly target: TargetInstance;
  readonly serial: number;
  readonly unit: number;
  readonly firstTick: number;
  readonly members: Map<number, TrackedProcess>;
  /** Children of members that live in other cgroups, by PID. */
  readonly shadows: Map<number, TrackedProcess>;
}

/** The tick that looks through all processes for members' children elsewhere: not the first, which is to be quick. */
const SHADOW_TICK = 1;
/** No more shadows than this are followed in one instance. */
const MOST_SHADOWS = 1000;

/**
 * Reads, once a tick, every process of every target into a sample. Parents are read before their children, `io`
 * after all of `stat`, and a cgroup's own counter after its processes, so that what is booked never exceeds it.
 */
export class Sampler {
  readonly #targets: Targets;
  readonly #host: Host;
  readonly #reader: ProcessReader;
  readonly #table = new ProcessTable();
  readonly #rowReader: RowReader;
  readonly #outsideParents: OutsideParents;
  readonly #problems: ReadProblems;
  readonly #secondsPerTick: number;
  /** By what they are instances of, and by serial. */
  #instances = new Map<TargetInstance, WatchedInstance>();
  readonly #bySerial = new Map<number, WatchedInstance>();
  #nextInstance = 1;
  #tick = -1;
  #startedAtSeconds = 0;
  #previousAtSeconds = 0;
  readonly #strangers: number[] = [];
  #listing: WatchedInstance | undefined;

  constructor(host: Host, targets: Targets, problems: ReadProblems, options: { showCommandLine: boolean }) {
    this.#host = host;
    this.#targets = targets;
    this.#problems = problems;
    this.#reader = new ProcessReader(host, problems, options.showCommandLine);
    this.#rowReader = new RowReader(host, this.#reader, this.#table);
    this.#outsideParents = new OutsideParents(this.#reader, host.ticksPerSecond);
    this.#secondsPerTick = 1 / host.ticksPerSecond;
  }

  /**
   * Takes a sample at the given times. `full` reads every row, as the last tick of a run must. The sample is good
   * until the tick after the next.
   */
  sample(atSeconds: number, unixMillis: number, full = false): Sample {
    this.#tick++;
    if (this.#tick === 0) this.#startedAtSeconds = atSeconds;
    const table = this.#table;
    table.advance(this.#tick, atSeconds, unixMillis);
    this.#targets.refresh();
    this.#meetInstances();
    const outsideParents = this.#outsideParents.read(this.#tick);
    this.#readRows(full);
    this.#listMembers();
    this.#checkUnlisted();
    if (this.#tick === SHADOW_TICK) this.#findShadows();
    table.settle();
    this.#needParents();
    table.current.outsideParents = [...outsideParents, ...this.#outsideParents.fresh(outsideParents)];
    this.#rowReader.readPendingIo();
    this.#readInstances();
    this.#previousAtSeconds = atSeconds;
    return table.current;
  }

  /** Rows now followed. */
  get trackedProcesses(): number {
    return this.#table.current.count;
  }

  /** Lets go of every descriptor. */
  close(): void {
    for (const process of this.#table.processes) if (process !== undefined) this.#reader.close(process);
    this.#outsideParents.close();
    this.#targets.close();
  }

  #meetInstances(): void {
    const { units, instances } = this.#targets;
    const before = this.#instances;
    this.#instances = new Map();
    this.#bySerial.clear();
    for (const target of instances) {
      const watched = before.get(target) ?? {
        target,
        serial: this.#nextInstance++,
        unit: units.indexOf(target.unit),
        firstTick: this.#tick,
        members: new Map(),
        shadows: new Map(),
      };
      this.#instances.set(target, watched);
      this.#bySerial.set(watched.serial, watched);
    }
    this.#table.current.units = units;
  }

  #readRows(full: boolean): void {
    const { slots, count } = this.#table.current;
    for (let i = 0; i < count; i++) {
      const row = this.#table.processes[slots[i]!]!;
      if (!this.#rowReader.read(row, full)) this.#end(row);
    }
  }

  #listMembers(): void {
    for (const watched of this.#instances.values()) {
      this.#listing = watched;
      const outcome = watched.target.listMembers(this);
      if (outcome !== 'listed') {
        this.#problems.count('cgroup.procs', outcome);
        // Nobody left because a list could not be read.
        if (outcome !== 'gone') for (const row of watched.members.values()) row.listedAtTick = this.#tick;
      }
      for (const pid of this.#strangers) this.#admit(pid, watched);
      this.#strangers.length = 0;
    }
    this.#listing = undefined;
  }

  /** A member of the instance that is being listed. */
  push(pid: number): void {
    const known = this.#listing!.members.get(pid);
    if (known === undefined) this.#strangers.push(pid);
    else known.listedAtTick = this.#tick;
  }

  #admit(pid: number, watched: WatchedInstance): void {
    const row = this.#open(pid, watched);
    if (row === undefined) return;
    const { rows } = this.#table;
    rows.state[row.slot] = ROW_ALIVE;
    if (this.#isBornWatched(row.bornAtSeconds, watched)) rows.origin[row.slot] = ORIGIN_BIRTH;
    watched.members.set(pid, row);
    const shadow = watched.shadows.get(pid);
    // It came back: as a row it stands for itself, and its shadow for nobody.
    if (shadow !== undefined) {
      rows.ppid[shadow.slot] = 0;
      this.#end(shadow);
    }
    this.#rowReader.readFirst(row);
  }

  #open(pid: number, watched: WatchedInstance): TrackedProcess | undefined {
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') return undefined;
    const { startTicks } = this.#reader.stat;
    const upSeconds = startTicks * this.#secondsPerTick;
    const { boot } = this.#host;
    const { slot, serial } = this.#table.reserve();
    const row = new TrackedProcess(
      serial,
      slot,
      pid,
      startTicks,
      boot.monotonicSeconds + upSeconds,
      boot.unixMillis + upSeconds * 1000,
      watched.serial,
      this.#tick,
    );
    row.statDescriptor = opened.descriptor;
    this.#table.place(row, watched.unit, ORIGIN_BASELINE);
    return row;
  }

  /** Whether all that the process has used was used while its target was watched. */
  #isBornWatched(bornAtSeconds: number, watched: WatchedInstance): boolean {
    if (this.#tick === 0) return false;
    // An instance that appeared is found some ticks late, and all of its counters began with it.
    const since = watched.firstTick === this.#tick ? this.#startedAtSeconds : this.#previousAtSeconds;
    // Start times are cut down to whole ticks.
    return bornAtSeconds + this.#secondsPerTick >= since;
  }

  /** Rows that no listing named have ended, wait to be reaped, or live on in another cgroup. */
  #checkUnlisted(): void {
    const { rows, slots, count } = this.#table.current;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const row = this.#table.processes[slot]!;
      if (row.listedAtTick === this.#tick || rows.state[slot] !== ROW_ALIVE) continue;
      if (!this.#rowReader.read(row, true)) this.#end(row);
      else if (this.#table.stateOf(row) === ROW_ALIVE) this.#leave(row);
    }
  }

  #leave(row: TrackedProcess): void {
    const watched = this.#bySerial.get(row.instance);
    this.#table.rows.state[row.slot] = ROW_LEFT;
    this.#reader.closeCounters(row);
    watched?.members.delete(row.pid);
    if (watched !== undefined && watched.shadows.size < MOST_SHADOWS) watched.shadows.set(row.pid, row);
    else this.#end(row);
  }

  #end(row: TrackedProcess): void {
    this.#table.rows.state[row.slot] = ROW_ENDED;
    this.#reader.close(row);
    const watched = this.#bySerial.get(row.instance);
    if (watched?.members.get(row.pid) === row) watched.members.delete(row.pid);
    if (watched?.shadows.get(row.pid) === row) watched.shadows.delete(row.pid);
  }

  /** Looks through all processes for zombies of members, and for their children that live in other cgroups. */
  #findShadows(): void {
    const pids: number[] = [];
    listProcesses(this.#host.procRoot, { push: (pid) => void pids.push(pid) });
    const instances = [...this.#instances.values()];
    for (const pid of pids) {
      if (instances.some(({ members }) => members.has(pid))) continue;
      const opened = this.#reader.open(pid);
      if (typeof opened === 'string') continue;
      const { ppid } = this.#reader.stat;
      this.#reader.letGo(opened.descriptor);
      for (const watched of instances) {
        if (watched.members.has(ppid)) this.#follow(pid, watched);
      }
    }
  }

  #follow(pid: number, watched: WatchedInstance): void {
    if (watched.shadows.size >= MOST_SHADOWS) return;
    const row = this.#open(pid, watched);
    if (row === undefined) return;
    this.#table.rows.state[row.slot] = ROW_SHADOW;
    watched.shadows.set(pid, row);
    this.#rowReader.readFirst(row);
  }

  /** Finds the parents of rows that are no rows themselves. */
  #needParents(): void {
    const { rows, slots, count } = this.#table.current;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const state = rows.state[slot];
      if (state !== ROW_ALIVE && state !== ROW_ZOMBIE) continue;
      const ppid = rows.ppid[slot]!;
      const watched = this.#bySerial.get(this.#table.processes[slot]!.instance);
      // 0: the parent lives outside of the PID namespace that this `/proc` shows.
      if (ppid === 0 || watched === undefined || watched.members.has(ppid)) continue;
      this.#outsideParents.need(watched.unit, ppid, this.#tick);
    }
  }

  #readInstances(): void {
    this.#table.current.instances = [...this.#instances.values()].map((watched) => ({
      serial: watched.serial,
      unit: watched.unit,
      cgroup: watched.target.cgroup,
      bornWatched: watched.firstTick > 0,
      cpuSeconds: watched.target.readCpuSeconds(),
    }));
  }
}
