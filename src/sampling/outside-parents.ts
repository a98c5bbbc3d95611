import { PID_LIMIT } from '../host/proc/pid-sink.ts';
import { InstanceActivity } from './instance-activity.ts';
import type { ProcessReader } from './process-reader.ts';
import type { OutsideParentReading, Sample } from './sample.ts';
import { TrackedProcess } from './tracked-process.ts';

/** Ticks for which a parent is followed after its last child row: its `cutime` may be updated late. */
const LINGER_TICKS = 3;
/** The same for the manager of a unit that has ended instances. */
const LINGER_FOR_ENDED_TICKS = 120;

/** Outside parents belong to no instance. */
const OUTSIDE = new InstanceActivity(false);

/** A parent of rows of any unit; PID 1 may be the parent in a thousand units. */
interface Parent {
  readonly process: TrackedProcess;
  readonly isSelf: boolean;
  /** Number of units that need this parent. */
  users: number;
  readAtTick: number;
  reapedNanos: number;
}

interface Need {
  readonly parent: Parent;
  readonly serial: number;
  readonly unit: number;
  neededAtTick: number;
  /** The last tick in which a row needed it. */
  ofRowsAtTick: number;
  /** The last reading: the same object while the parent waits for no process. */
  reading: OutsideParentReading;
}

/** Parents of rows that are not rows of the same unit, with their `stat` held open. */
export class OutsideParents {
  readonly #reader: ProcessReader;
  readonly #nanosPerTick: number;
  readonly #parents = new Map<number, Parent>();
  /** By unit and PID. */
  readonly #needs = new Map<number, Need>();
  /** Needs that were added in the current tick. */
  #fresh: Need[] = [];
  #nextSerial = 1;
  /** By unit index: CPU of its ended instances at the previous tick. */
  readonly #endedSeconds: number[] = [];
  /** By unit index: the last tick in which it had an instance. */
  readonly #presentAtTick: number[] = [];
  /** Units that had an instance and ended instances in the same tick. */
  readonly #wereThere = new Set<number>();
  /** Whether an existing parent of a row could not be opened: `renew` is not enough then. */
  isIncomplete = false;

  constructor(reader: ProcessReader, ticksPerSecond: number) {
    this.#reader = reader;
    this.#nanosPerTick = 1e9 / ticksPerSecond;
  }

  /** Reads all parents and drops those that have ended. Call before the rows are read. */
  read(tick: number): OutsideParentReading[] {
    this.#fresh = [];
    const readings: OutsideParentReading[] = [];
    for (const [key, need] of this.#needs) {
      if (tick - need.neededAtTick > LINGER_TICKS || !this.#isRead(need.parent, tick)) this.#drop(key, need);
      else {
        const { parent, reading, serial, unit } = need;
        if (reading.reapedNanos !== parent.reapedNanos) need.reading = readingOf(parent, serial, unit);
        readings.push(need.reading);
      }
    }
    return readings;
  }

  /** Registers the parent of a row of the unit. Children that it waited for earlier are never counted. */
  need(unit: number, pid: number, tick: number): void {
    const need = this.#need(unit, pid, tick, tick);
    if (need !== undefined) need.ofRowsAtTick = tick;
  }

  /** Registers the parents of the previous tick's rows again: the rows and their parents are the same. */
  renew(tick: number): void {
    for (const need of this.#needs.values()) {
      if (need.ofRowsAtTick !== tick - 1) continue;
      need.ofRowsAtTick = tick;
      need.neededAtTick = Math.max(need.neededAtTick, tick);
    }
  }

  /**
   * Registers the managers of units with ended instances: they waited for the main processes, and will wait for more.
   * Not for a unit that is gone, unless its ended CPU has grown.
   */
  needManagers({ ended, instances }: Pick<Sample, 'ended' | 'instances'>, tick: number): void {
    for (const { unit } of instances) this.#presentAtTick[unit] = tick;
    for (let unit = 0; unit < ended.length; unit++) {
      const lives = ended[unit] ?? null;
      if (lives === null) continue;
      const hasGrown = lives.cpuSeconds > (this.#endedSeconds[unit] ?? 0);
      this.#endedSeconds[unit] = lives.cpuSeconds;
      const isPresent = this.#presentAtTick[unit] === tick;
      if (isPresent) this.#wereThere.add(unit);
      else if (!hasGrown && this.#wereThere.has(unit)) continue;
      const neededAtTick = tick + LINGER_FOR_ENDED_TICKS - LINGER_TICKS;
      for (const pid of lives.managerPids) this.#need(unit, pid, neededAtTick, tick);
    }
  }

  /** Parents found since `read`; this reading is their baseline. */
  fresh(): OutsideParentReading[] {
    return this.#fresh.map(({ reading }) => reading);
  }

  close(): void {
    for (const [key, need] of this.#needs) this.#drop(key, need);
  }

  #need(unit: number, pid: number, neededAtTick: number, tick: number): Need | undefined {
    const key = unit * PID_LIMIT + pid;
    const known = this.#needs.get(key);
    if (known !== undefined) {
      known.neededAtTick = Math.max(known.neededAtTick, neededAtTick);
      return known;
    }
    const parent = this.#parentOf(pid, tick);
    if (parent === undefined) return undefined;
    parent.users++;
    const serial = this.#nextSerial++;
    const reading = readingOf(parent, serial, unit);
    const need = { parent, serial, unit, neededAtTick, ofRowsAtTick: -1, reading };
    this.#needs.set(key, need);
    this.#fresh.push(need);
    return need;
  }

  /** False if the parent has ended. */
  #isRead(parent: Parent, tick: number): boolean {
    if (parent.readAtTick === tick) return true;
    const outcome = this.#reader.readStat(parent.process);
    if (outcome === 'gone') return false;
    parent.readAtTick = tick;
    // After another failure, `stat` has the values of another process.
    if (outcome === 'read') parent.reapedNanos = this.#reapedNanos();
    return true;
  }

  #parentOf(pid: number, tick: number): Parent | undefined {
    const known = this.#parents.get(pid);
    if (known !== undefined) return known;
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') {
      this.isIncomplete ||= opened !== 'gone';
      return undefined;
    }
    const process = new TrackedProcess(0, -1, pid, this.#reader.stat.startTicks, 0, 0, 0, OUTSIDE, tick);
    process.statDescriptor = opened.descriptor;
    // It is read in every tick, so holding its `stat` pays off.
    process.hasRun = true;
    const parent = {
      process,
      isSelf: this.#reader.isSelf(pid),
      users: 0,
      readAtTick: tick,
      reapedNanos: this.#reapedNanos(),
    };
    this.#parents.set(pid, parent);
    return parent;
  }

  #reapedNanos(): number {
    const { childrenUserTicks, childrenSystemTicks } = this.#reader.stat;
    return (childrenUserTicks + childrenSystemTicks) * this.#nanosPerTick;
  }

  #drop(key: number, { parent }: Need): void {
    this.#needs.delete(key);
    if (--parent.users > 0) return;
    this.#reader.close(parent.process);
    this.#parents.delete(parent.process.pid);
  }
}

function readingOf(parent: Parent, serial: number, unit: number): OutsideParentReading {
  const { process, isSelf, reapedNanos } = parent;
  return { serial, unit, pid: process.pid, isSelf, reapedNanos };
}
