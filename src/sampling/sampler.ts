import type { Host } from '../host/host.ts';
import type { KernelClocks } from '../host/kernel-clocks.ts';
import { STATE_DEAD, STATE_ZOMBIE } from '../host/proc/stat.ts';
import type { TargetInstance, Targets } from '../target/targets.ts';
import {
  ORIGIN_BASELINE,
  ORIGIN_BIRTH,
  ROW_ALIVE,
  ROW_ENDED,
  ROW_LEFT,
  ROW_ZOMBIE,
} from './process-columns.ts';
import { ProcessReader } from './process-reader.ts';
import { ProcessTable } from './process-table.ts';
import type { ReadProblems } from './read-problems.ts';
import type { Sample } from './sample.ts';
import { TrackedProcess } from './tracked-process.ts';

/** Ticks between two looks at a row whose CPU stands still: its RSS and its parent can change all the same. */
const SLOW_TICKS = 20;
/** Ticks of rest after which a row's counter files are closed. */
const RESTING_TICKS = 120;

/** What the sampler keeps of one target's life. */
interface WatchedInstance {
  readonly target: TargetInstance;
  readonly serial: number;
  readonly unit: number;
  readonly firstTick: number;
  readonly members: Map<number, TrackedProcess>;
}

/**
 * Reads, once a tick, every process of every target into a sample. A row whose CPU clock stood still did not run, so
 * its counters stand still too and are taken over unread. Parents are read before their children, `io` (which can
 * wait for an exec) after all of `stat`, and a cgroup's own counter after its processes, so that what is booked
 * never exceeds it.
 */
export class Sampler {
  readonly #targets: Targets;
  readonly #clocks: KernelClocks | null;
  readonly #host: Host;
  readonly #reader: ProcessReader;
  readonly #table = new ProcessTable();
  readonly #nanosPerTick: number;
  readonly #secondsPerTick: number;
  #instances = new Map<TargetInstance, WatchedInstance>();
  /** By serial of the instance. */
  #members = new Map<number, Map<number, TrackedProcess>>();
  #nextInstance = 1;
  #tick = -1;
  #startedAtSeconds = 0;
  #previousAtSeconds = 0;
  /** Rows whose `io` is to be read in this tick. */
  #moved: TrackedProcess[] = [];
  #strangers: number[] = [];
  #listing: WatchedInstance | undefined;

  constructor(host: Host, targets: Targets, problems: ReadProblems, options: { showCommandLine: boolean }) {
    this.#host = host;
    this.#targets = targets;
    this.#clocks = host.clocks;
    this.#reader = new ProcessReader(host, problems, options.showCommandLine);
    this.#nanosPerTick = 1e9 / host.ticksPerSecond;
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
    this.#readRows(full);
    this.#listMembers();
    this.#checkUnlisted();
    table.settle();
    this.#readIo();
    this.#readInstances();
    this.#previousAtSeconds = atSeconds;
    return table.current;
  }

  /** Rows now alive. */
  get trackedProcesses(): number {
    return this.#table.current.count;
  }

  /** Lets go of every descriptor. */
  close(): void {
    for (const process of this.#table.processes) if (process !== undefined) this.#reader.close(process);
    this.#targets.close();
  }

  #meetInstances(): void {
    const { units, instances } = this.#targets;
    const before = this.#instances;
    this.#instances = new Map();
    this.#members.clear();
    for (const target of instances) {
      const watched = before.get(target) ?? {
        target,
        serial: this.#nextInstance++,
        unit: units.indexOf(target.unit),
        firstTick: this.#tick,
        members: new Map(),
      };
      this.#instances.set(target, watched);
      this.#members.set(watched.serial, watched.members);
    }
    this.#table.current.units = units;
  }

  #readRows(full: boolean): void {
    const { rows, slots, count } = this.#table.current;
    const clocks = this.#clocks;
    const tick = this.#tick;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const row = this.#table.processes[slot]!;
      const nanos = clocks === null ? Number.NaN : clocks.readProcessNanos(row.pid);
      const slow = full || (tick + slot) % SLOW_TICKS === 0;
      if (nanos === rows.cpuNanos[slot] && !slow && rows.state[slot] === ROW_ALIVE) continue;
      const outcome = this.#reader.readStat(row);
      if (outcome === 'gone') this.#end(row, ROW_ENDED);
      else if (outcome === 'read') this.#takeStat(row, nanos, slow);
    }
  }

  /** Puts the `stat` just read into the row, and what goes with it. */
  #takeStat(row: TrackedProcess, nanos: number, slow: boolean): void {
    const { stat } = this.#reader;
    const rows = this.#table.rows;
    const slot = row.slot;
    this.#reader.refreshNames(row);
    const ended = stat.state === STATE_ZOMBIE || stat.state === STATE_DEAD;
    const cpuNanos = Number.isNaN(nanos) ? (stat.userTicks + stat.systemTicks) * this.#nanosPerTick : nanos;
    const ran = this.#clocks === null || cpuNanos !== rows.cpuNanos[slot];
    rows.state[slot] = ended ? ROW_ZOMBIE : ROW_ALIVE;
    rows.ppid[slot] = stat.ppid;
    rows.cpuNanos[slot] = cpuNanos;
    rows.userTicks[slot] = stat.userTicks;
    rows.systemTicks[slot] = stat.systemTicks;
    rows.reapedNanos[slot] = (stat.childrenUserTicks + stat.childrenSystemTicks) * this.#nanosPerTick;
    if (ended) rows.memoryBytes[slot] = Number.NaN;
    else if (this.#reader.readResidentPages(row) === 'read') {
      rows.memoryBytes[slot] = this.#reader.residentPages * this.#host.pageBytes;
    } else rows.memoryBytes[slot] = Number.NaN;
    if (ran) row.movedAtTick = this.#tick;
    if (ran ? !row.ioRefused || slow : slow && row.ioRefused) this.#moved.push(row);
    else if (slow && this.#tick - row.movedAtTick > RESTING_TICKS) this.#reader.closeCounters(row);
  }

  #listMembers(): void {
    for (const watched of this.#instances.values()) {
      this.#listing = watched;
      watched.target.listMembers(this);
      for (const pid of this.#strangers) this.#admit(pid, watched);
      this.#strangers.length = 0;
    }
    this.#listing = undefined;
  }

  /** A member of the instance that is being listed. */
  push(pid: number): void {
    const known = this.#listing!.members.get(pid);
    if (known === undefined || this.#table.rows.state[known.slot] === ROW_ENDED) this.#strangers.push(pid);
    else known.listedAtTick = this.#tick;
  }

  #admit(pid: number, watched: WatchedInstance): void {
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') return;
    const { stat } = this.#reader;
    const bornAtSeconds = stat.startTicks * this.#secondsPerTick + this.#host.boot.monotonicSeconds;
    const { slot, serial } = this.#table.reserve();
    const row = new TrackedProcess(
      serial,
      slot,
      pid,
      stat.startTicks,
      bornAtSeconds,
      this.#host.boot.unixMillis + stat.startTicks * this.#secondsPerTick * 1000,
      watched.serial,
      this.#tick,
    );
    row.statDescriptor = opened.descriptor;
    this.#table.place(row);
    watched.members.set(pid, row);
    const rows = this.#table.rows;
    rows.unit[slot] = watched.unit;
    rows.origin[slot] = this.#isBornWatched(bornAtSeconds, watched) ? ORIGIN_BIRTH : ORIGIN_BASELINE;
    rows.readBytes[slot] = Number.NaN;
    rows.writeBytes[slot] = Number.NaN;
    rows.cancelledWriteBytes[slot] = Number.NaN;
    rows.readChars[slot] = Number.NaN;
    rows.writeChars[slot] = Number.NaN;
    rows.cpuNanos[slot] = Number.NaN;
    this.#takeStat(row, this.#clocks === null ? Number.NaN : this.#clocks.readProcessNanos(pid), true);
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
      const outcome = this.#reader.readStat(row);
      if (outcome === 'gone') this.#end(row, ROW_ENDED);
      else if (outcome === 'read') {
        const { state } = this.#reader.stat;
        this.#takeStat(row, this.#clocks?.readProcessNanos(row.pid) ?? Number.NaN, false);
        if (state !== STATE_ZOMBIE && state !== STATE_DEAD) this.#end(row, ROW_LEFT);
      }
    }
  }

  #end(row: TrackedProcess, state: typeof ROW_ENDED | typeof ROW_LEFT): void {
    this.#table.rows.state[row.slot] = state;
    this.#reader.close(row);
    const members = this.#members.get(row.instance);
    if (members?.get(row.pid) === row) members.delete(row.pid);
  }

  #readIo(): void {
    const rows = this.#table.rows;
    for (const row of this.#moved) {
      const slot = row.slot;
      const state = rows.state[slot];
      if (state === ROW_ENDED || state === ROW_LEFT) continue;
      if (this.#reader.readIo(row) !== 'read') continue;
      const { io } = this.#reader;
      rows.readBytes[slot] = io.readBytes;
      rows.writeBytes[slot] = io.writeBytes;
      rows.cancelledWriteBytes[slot] = io.cancelledWriteBytes;
      rows.readChars[slot] = io.readChars;
      rows.writeChars[slot] = io.writeChars;
    }
    this.#moved.length = 0;
  }

  #readInstances(): void {
    const { current } = this.#table;
    current.instances = [];
    for (const watched of this.#instances.values()) {
      current.instances.push({
        serial: watched.serial,
        unit: watched.unit,
        cgroup: watched.target.cgroup,
        bornWatched: watched.firstTick > 0,
        cpuSeconds: watched.target.readCpuSeconds(),
      });
    }
  }
}
