import type { ProcessEvent } from '../../src/host/proc-events/process-event.ts';
import { dropEnded } from '../../src/recording/row-columns.ts';
import type { ExitBatch, ProcessExit } from '../../src/sampling/exit-records.ts';
import { InstanceActivity } from '../../src/sampling/instance-activity.ts';
import {
  ORIGIN_BASELINE,
  ORIGIN_BIRTH,
  ProcessColumns,
  ROW_ALIVE,
  ROW_EMPTY,
  ROW_ENDED,
  ROW_FOREIGN_CHILD,
  ROW_LEFT,
  ROW_ZOMBIE,
} from '../../src/sampling/process-columns.ts';
import type { ProcessEventBatch } from '../../src/sampling/process-events.ts';
import type { ProcessIdentity, Sample } from '../../src/sampling/sample.ts';
import { changedRows } from './changed-rows.ts';

const TICK_NANOS = 10_000_000;
/** Clock ticks of the kernel, the resolution of start times. */
const TICKS_PER_SECOND = 100;
const TICK_SECONDS = 0.5;
/** Between two births, so that processes with the same PID have different start times. */
const FORK_SECONDS = 0.03;
const CAPACITY = 256;
const ORIGINS = [{ serial: 1, kind: 'named', pattern: null }] as const;
/** Minimum CPU of any action of a process. */
const CALL_NANOS = 1000;
/**
 * Ticks after which a process that did not run counts as idle: fewer than in the sampler, because histories are short.
 */
const RECENT_TICKS = 1;
const SCHEDULER_NANOS = 4_000_000;

/** A process of the simulated kernel. Values are exact; reads truncate `reaped` to ticks, like the kernel. */
export interface SimulatedProcess {
  readonly serial: number;
  readonly pid: number;
  readonly born: number;
  /** On the samples' clock. */
  readonly bornAtSeconds: number;
  endedAtSeconds: number;
  parent: SimulatedProcess | null;
  state: 'alive' | 'zombie' | 'reaped';
  ownNanos: number;
  reapedNanos: number;
  /** `write_bytes` of the process and its reaped children, as in `/proc/PID/io`. */
  writeBytes: number;
  /** Without its children. */
  ownWriteBytes: number;
  /** It is in another cgroup, alive or not. */
  isElsewhere: boolean;
}

/**
 * A unit in the simulated kernel, and a sampler that reads it like the real one: rows oldest first, then new members,
 * then the cgroup's counter. The kernel may continue between any two reads.
 */
export class SimulatedUnit {
  usageNanos = 0;
  writtenBytes = 0;
  /** By its processes, in any cgroup. */
  writtenAnywhere = 0;
  /** Whether all zombies so far were reaped by members. */
  reapedInside = true;
  readonly processes: SimulatedProcess[] = [];
  /** Sub-cgroup of a process when it is first listed. */
  subCgroupOf: (process: SimulatedProcess) => string = () => '';
  /** Number of PIDs: few, so that they are reused soon. */
  readonly #pids: number;
  readonly #exits: ProcessExit[] = [];
  readonly #events: ProcessEvent[] = [];
  /** Time advances with each fork, so that start times distinguish processes with the same PID. */
  readonly #isTimed: boolean;
  #seconds = 0;
  #now = 1000;
  #nextSerial = 1;
  #nextPid = 0;
  #tick = -1;
  #startCpuSeconds = 0;
  #rows = new ProcessColumns(CAPACITY);
  #other = new ProcessColumns(CAPACITY);
  #slots: number[] = [];
  readonly #slotOf = new Map<SimulatedProcess, number>();
  readonly #identities: (ProcessIdentity | undefined)[] = [];
  #previousBorn = 0;
  /** Skips reads like the sampler; an activity that covers no member skips none. */
  readonly #activity: InstanceActivity;
  /** Slots of rows that ran since all their files were read. */
  readonly #stale = new Set<number>();
  /** By slot: the tick in which the process last ran, and its clock if it was read ahead. */
  readonly #movedAtTick = new Map<number, number>();
  readonly #ahead = new Map<number, number>();
  /** Number of skipped rows because the clocks of others account for the unit's CPU. */
  passedOver = 0;
  /** Number of rows whose read was skipped, in whole or in part. */
  spared = 0;

  /** `isTimed`: births have real times, as process events need them. Otherwise a sample comes every 0.5 s. */
  constructor(pids: number, spares = false, isTimed = false) {
    this.#pids = pids;
    this.#isTimed = isTimed;
    this.#activity = new InstanceActivity(spares);
  }

  get living(): SimulatedProcess[] {
    return this.processes.filter((process) => process.state === 'alive');
  }

  /** `isElsewhere`: the child is born in another cgroup than its parent's, as by CLONE_INTO_CGROUP. */
  fork(
    parent: SimulatedProcess | null,
    isElsewhere = parent?.isElsewhere ?? false,
  ): SimulatedProcess | undefined {
    let pid: number | undefined;
    for (let i = 0; i < this.#pids && pid === undefined; i++) {
      const candidate = 2 + ((this.#nextPid + i) % this.#pids);
      if (!this.processes.some((process) => process.pid === candidate && process.state !== 'reaped'))
        pid = candidate;
    }
    if (pid === undefined) return undefined;
    this.#nextPid = pid - 1;
    this.#now++;
    this.#seconds += FORK_SECONDS;
    this.#events.push({ kind: 'fork', atSeconds: this.#seconds, pid, parentPid: parent?.pid ?? 1 });
    const child: SimulatedProcess = {
      serial: this.#nextSerial++,
      pid,
      born: this.#now,
      bornAtSeconds: this.#seconds,
      endedAtSeconds: Number.NaN,
      parent,
      state: 'alive',
      ownNanos: 0,
      reapedNanos: 0,
      writeBytes: 0,
      ownWriteBytes: 0,
      isElsewhere,
    };
    this.processes.push(child);
    return child;
  }

  work(process: SimulatedProcess, least: number, bytes: number): void {
    const nanos = Math.max(least, CALL_NANOS);
    process.ownNanos += nanos;
    process.writeBytes += bytes;
    process.ownWriteBytes += bytes;
    this.writtenAnywhere += bytes;
    if (process.isElsewhere) return;
    this.usageNanos += nanos;
    this.writtenBytes += bytes;
  }

  /** Moves the process out of the unit, or into it. */
  move(process: SimulatedProcess, isElsewhere: boolean): void {
    process.isElsewhere = isElsewhere;
  }

  exit(process: SimulatedProcess): void {
    process.state = 'zombie';
    this.#exits.push(recordOf(process));
    process.endedAtSeconds = this.#seconds + FORK_SECONDS / 2;
    const { endedAtSeconds: atSeconds, pid, parent } = process;
    this.#events.push({
      kind: 'exit',
      atSeconds,
      pid,
      exitCode: 0,
      signal: null,
      parentPid: parent?.pid ?? 1,
    });
    // PID 1 adopts orphans, and reaps those that have ended.
    for (const child of this.processes) {
      if (child.parent !== process || child.state === 'reaped') continue;
      child.parent = null;
      if (child.state === 'zombie') this.reap(child);
    }
    if (process.parent === null) this.reap(process);
  }

  /** The parent, or PID 1, waits for a zombie. */
  reap(child: SimulatedProcess): void {
    child.state = 'reaped';
    if (child.parent === null) {
      this.reapedInside = false;
      return;
    }
    this.work(child.parent, 0, 0);
    child.parent.reapedNanos += child.ownNanos + child.reapedNanos;
    child.parent.writeBytes += child.writeBytes;
  }

  /** Exits since the last call, as exit records. */
  exits(lostShare = 0): ExitBatch {
    return { exits: this.#exits.splice(0), lostShare };
  }

  /** Events since the last call; if events are lost, every third one remains. */
  events(lost = 0): ProcessEventBatch {
    const events = this.#events.splice(0);
    return { events: lost > 0 ? events.filter((_, place) => place % 3 === 0) : events, lost };
  }

  /** A member waits for a child that ran in another cgroup. */
  reapForeign(parent: SimulatedProcess, nanos: number, bytes: number): void {
    this.work(parent, 0, 0);
    parent.reapedNanos += nanos;
    parent.writeBytes += bytes;
  }

  /**
   * The next sample; `meanwhile` is called between reads. `readsAll`: as in the last sample of a run, and those of
   * windows.
   */
  sample(meanwhile: () => void = () => {}, readsAll = false): Sample {
    this.#tick++;
    const asks = this.#activity.asksForUsage(this.#slots.length);
    this.#activity.begin(asks ? this.usageNanos / 1e9 : Number.NaN, readsAll, readsAll);
    if (this.#tick === 0) this.#startCpuSeconds = this.usageNanos / 1e9;
    this.#seconds += TICK_SECONDS;
    const atSeconds = this.#isTimed ? this.#seconds : this.#tick * TICK_SECONDS;
    const rows = this.#other;
    this.#other = this.#rows;
    this.#rows = rows;
    rows.copyFrom(this.#other);
    const slots = this.#slots;
    this.#slots = dropEnded(slots, rows);
    for (const slot of slots) {
      if (rows.state[slot] === ROW_EMPTY) this.#identities[slot] = undefined;
      else if (rows.state[slot] === ROW_LEFT) rows.state[slot] = ROW_FOREIGN_CHILD;
    }
    const born = this.#now;
    this.#findResting(meanwhile);
    for (const slot of this.#slots) {
      meanwhile();
      if (!this.#readBriefly(slot)) this.#read(slot);
    }
    // The listing is one read: members at one time. Opening each of them is another.
    const listed = new Set(this.living.filter(({ isElsewhere }) => !isElsewhere));
    for (const process of listed) {
      const slot = this.#slotOf.get(process);
      if (slot !== undefined && rows.state[slot] === ROW_FOREIGN_CHILD) this.#takeBack(slot);
    }
    for (const process of [...listed].filter((member) => !this.#slotOf.has(member))) {
      meanwhile();
      if (process.state !== 'reaped') this.#admit(process, ROW_ALIVE);
    }
    for (const slot of this.#slots) {
      const process = this.processes[this.#identities[slot]!.serial - 1]!;
      if (rows.state[slot] === ROW_ALIVE && !listed.has(process) && process.state === 'alive') {
        rows.state[slot] = ROW_LEFT;
        this.#activity.changed();
      }
    }
    this.#followForeignChildren();
    meanwhile();
    this.#activity.end(this.usageNanos / 1e9, 0, 0);
    this.#slots.sort((a, b) => this.#identities[a]!.startTicks - this.#identities[b]!.startTicks);
    this.#previousBorn = born;
    return {
      tick: this.#tick,
      atSeconds,
      unixMillis: this.#tick * 500,
      units: ['simulated.service'],
      origins: ORIGINS,
      instances: [
        {
          serial: 1,
          unit: 0,
          cgroup: '/system.slice/simulated.service',
          bornWatched: false,
          startCpuSeconds: this.#startCpuSeconds,
          cpuSeconds: this.usageNanos / 1e9,
          figures: null,
        },
      ],
      ended: [],
      outsideParents: [],
      rows,
      slots: Int32Array.from(this.#slots),
      count: this.#slots.length,
      ...changedRows(rows, this.#other, this.#slots),
      identities: this.#identities,
      details: null,
    };
  }

  /** Reads the clocks of recently active members, like the sampler, and then the unit's counter. */
  #findResting(meanwhile: () => void): void {
    this.#ahead.clear();
    if (!this.#activity.mayPassOver) return;
    for (const slot of this.#slots) {
      if (this.#rows.state[slot] !== ROW_ALIVE || this.#isResting(slot)) continue;
      meanwhile();
      const { ownNanos } = this.processes[this.#identities[slot]!.serial - 1]!;
      this.#ahead.set(slot, ownNanos);
      this.#activity.ranAhead(ownNanos - this.#rows.cpuNanos[slot]!);
    }
    this.#activity.judge(this.usageNanos / 1e9);
  }

  #isResting(slot: number): boolean {
    return this.#tick - (this.#movedAtTick.get(slot) ?? this.#tick) > RECENT_TICKS;
  }

  /** Foreign children get rows to which nothing is booked. */
  #followForeignChildren(): void {
    for (const process of this.living) {
      const parent = process.parent === null ? undefined : this.#slotOf.get(process.parent);
      if (process.isElsewhere && parent !== undefined && !this.#slotOf.has(process))
        this.#admit(process, ROW_FOREIGN_CHILD);
    }
  }

  #takeBack(slot: number): void {
    this.#rows.state[slot] = ROW_ALIVE;
    this.#rows.origin[slot] = ORIGIN_BASELINE;
    this.#activity.changed();
    this.#read(slot);
  }

  #admit(process: SimulatedProcess, state: number): void {
    let slot = 0;
    while (this.#rows.state[slot] !== ROW_EMPTY || this.#identities[slot] !== undefined) slot++;
    this.#slots.push(slot);
    this.#slotOf.set(process, slot);
    this.#activity.changed();
    this.#identities[slot] = {
      serial: process.serial,
      pid: process.pid,
      startTicks: process.born,
      bornAtSeconds: this.#isTimed
        ? Math.floor(process.bornAtSeconds * TICKS_PER_SECOND) / TICKS_PER_SECOND
        : (this.#tick - 0.5) * TICK_SECONDS,
      startedUnixMillis: process.born * 10,
      name: `p${process.pid}`,
      title: null,
      executable: 'simulated',
      command: null,
      subCgroup: this.subCgroupOf(process),
    };
    this.#rows.serial[slot] = process.serial;
    this.#rows.pid[slot] = process.pid;
    this.#rows.unit[slot] = 0;
    this.#rows.state[slot] = state;
    this.#rows.origin[slot] =
      state === ROW_ALIVE &&
      this.#tick > 0 &&
      process.born > this.#previousBorn &&
      (process.parent === null || this.#slotOf.has(process.parent) || !process.parent.isElsewhere)
        ? ORIGIN_BIRTH
        : ORIGIN_BASELINE;
    this.#read(slot);
  }

  /** The partial read of a row; false if it must be read completely. */
  #readBriefly(slot: number): boolean {
    const { isStill, isQuiet } = this.#activity;
    const process = this.processes[this.#identities[slot]!.serial - 1]!;
    const rows = this.#rows;
    // An ended process is not listed any more, and must be read for that reason.
    if (rows.state[slot] !== ROW_ALIVE || process.state !== 'alive') return false;
    if (this.#activity.passesOver && this.#isResting(slot)) {
      this.spared++;
      this.passedOver++;
      return true;
    }
    const isStale = this.#stale.has(slot);
    const nanos = this.#ahead.get(slot) ?? process.ownNanos;
    const hasRun = nanos !== rows.cpuNanos[slot];
    if ((isStill && !isStale) || (!hasRun && (isQuiet || !isStale))) {
      this.spared++;
      return true;
    }
    if (!isQuiet) return false;
    this.#activity.ran(nanos - rows.cpuNanos[slot]!, 0);
    this.#stale.add(slot);
    this.#movedAtTick.set(slot, this.#tick);
    rows.cpuNanos[slot] = nanos;
    rows.writeBytes[slot] = process.writeBytes;
    rows.writeChars[slot] = process.writeBytes;
    this.spared++;
    return true;
  }

  #read(slot: number): void {
    const { serial } = this.#identities[slot]!;
    const process = this.processes[serial - 1]!;
    const rows = this.#rows;
    this.#stale.delete(slot);
    const before = rows.serial[slot] === serial ? rows.cpuNanos[slot]! : Number.NaN;
    if (process.state !== 'alive') this.#activity.changed();
    else if (process.ownNanos > before) this.#activity.ran(process.ownNanos - before, 0);
    if (process.ownNanos !== before) this.#movedAtTick.set(slot, this.#tick);
    if (process.state === 'reaped') {
      rows.state[slot] = ROW_ENDED;
      this.#slotOf.delete(process);
      return;
    }
    if (rows.state[slot] !== ROW_FOREIGN_CHILD)
      rows.state[slot] = process.state === 'zombie' ? ROW_ZOMBIE : ROW_ALIVE;
    rows.ppid[slot] = process.parent?.pid ?? 1;
    rows.cpuNanos[slot] = process.ownNanos;
    rows.reapedNanos[slot] = Math.floor(process.reapedNanos / TICK_NANOS) * TICK_NANOS;
    rows.writeBytes[slot] = process.writeBytes;
    rows.readBytes[slot] = 0;
    rows.cancelledWriteBytes[slot] = 0;
    rows.readChars[slot] = 0;
    rows.writeChars[slot] = process.writeBytes;
    rows.memoryBytes[slot] = 4096;
  }
}

/** CPU as sampled at scheduler ticks; characters truncated to KiB. */
function recordOf(process: SimulatedProcess): ProcessExit {
  return {
    pid: process.pid,
    ppid: process.parent?.pid ?? 1,
    name: `name-${process.serial % 7}`,
    cpuSeconds: (Math.round(process.ownNanos / SCHEDULER_NANOS) * SCHEDULER_NANOS) / 1e9,
    exitCode: process.serial % 5 === 0 ? 1 : 0,
    peakMemoryBytes: 4096 * process.serial,
    readBytes: 0,
    writeBytes: process.ownWriteBytes,
    cancelledWriteBytes: 0,
    readChars: 0,
    writeChars: process.ownWriteBytes & ~1023,
  };
}
