import { PID_LIMIT } from '../host/proc/pid-sink.ts';
import { InstanceActivity } from './instance-activity.ts';
import type { ProcessReader } from './process-reader.ts';
import type { OutsideParentReading } from './sample.ts';
import { TrackedProcess } from './tracked-process.ts';

/** Ticks for which one is followed after the last row that had it for a parent: what it waits for comes late. */
const LINGER_TICKS = 3;
/** As long as that, for the manager of a unit of which lives have ended. */
const LINGER_FOR_ENDED_TICKS = 120;

/** They belong to no instance. */
const OUTSIDE = new InstanceActivity(false);

/** A process that is the parent of some unit's rows; PID 1 is often the parent of a thousand units'. */
interface Parent {
  readonly process: TrackedProcess;
  readonly isSelf: boolean;
  /** Units that need it. */
  users: number;
  /** The tick in which it was last read. */
  readAtTick: number;
  reapedNanos: number;
}

interface Need {
  readonly parent: Parent;
  readonly serial: number;
  readonly unit: number;
  neededAtTick: number;
}

/** The parents of units' rows that are no rows of them themselves, each with its `stat` held. */
export class OutsideParents {
  readonly #reader: ProcessReader;
  readonly #nanosPerTick: number;
  readonly #parents = new Map<number, Parent>();
  /** By unit and PID. */
  readonly #needs = new Map<number, Need>();
  /** Those that are new in the tick at hand. */
  #fresh: Need[] = [];
  #nextSerial = 1;

  constructor(reader: ProcessReader, ticksPerSecond: number) {
    this.#reader = reader;
    this.#nanosPerTick = 1e9 / ticksPerSecond;
  }

  /** Reads them all; one that has ended is dropped. To be called before the rows are read. */
  read(tick: number): OutsideParentReading[] {
    this.#fresh = [];
    const readings: OutsideParentReading[] = [];
    for (const [key, need] of this.#needs) {
      if (tick - need.neededAtTick > LINGER_TICKS || !this.#isRead(need.parent, tick)) this.#drop(key, need);
      else readings.push(readingOf(need));
    }
    return readings;
  }

  /** A row of the unit has this parent. What it had waited for before is never counted. */
  need(unit: number, pid: number, tick: number): void {
    const key = unit * PID_LIMIT + pid;
    const known = this.#needs.get(key);
    if (known !== undefined) {
      known.neededAtTick = Math.max(known.neededAtTick, tick);
      return;
    }
    const parent = this.#parentOf(pid, tick);
    if (parent === undefined) return;
    parent.users++;
    const need = { parent, serial: this.#nextSerial++, unit, neededAtTick: tick };
    this.#needs.set(key, need);
    this.#fresh.push(need);
  }

  /** Lives of the unit have ended: these waited for their main processes, and for more to come. */
  needManagers(unit: number, pids: readonly number[], tick: number): void {
    for (const pid of pids) this.need(unit, pid, tick + LINGER_FOR_ENDED_TICKS - LINGER_TICKS);
  }

  /** Those found since `read`: they are known from the next tick on, with this reading as their start. */
  fresh(): OutsideParentReading[] {
    return this.#fresh.map(readingOf);
  }

  close(): void {
    for (const [key, need] of this.#needs) this.#drop(key, need);
  }

  /** False once it has ended. */
  #isRead(parent: Parent, tick: number): boolean {
    if (parent.readAtTick === tick) return true;
    if (this.#reader.readStat(parent.process) === 'gone') return false;
    parent.readAtTick = tick;
    parent.reapedNanos = this.#reapedNanos();
    return true;
  }

  #parentOf(pid: number, tick: number): Parent | undefined {
    const known = this.#parents.get(pid);
    if (known !== undefined) return known;
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') return undefined;
    const process = new TrackedProcess(0, -1, pid, this.#reader.stat.startTicks, 0, 0, 0, OUTSIDE, tick);
    process.statDescriptor = opened.descriptor;
    // It is read in every tick, so it is worth holding.
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

function readingOf({ parent, serial, unit }: Need): OutsideParentReading {
  const { process, isSelf, reapedNanos } = parent;
  return { serial, unit, pid: process.pid, isSelf, reapedNanos };
}
