import type { ProcessReader } from './process-reader.ts';
import type { OutsideParentReading } from './sample.ts';
import { TrackedProcess } from './tracked-process.ts';

/** Ticks for which one is followed after the last row that had it for a parent: what it waits for comes late. */
const LINGER_TICKS = 3;
/** As long as that, for the manager of a unit of which lives have ended. */
const LINGER_FOR_ENDED_TICKS = 120;

interface OutsideParent {
  readonly process: TrackedProcess;
  readonly unit: number;
  neededAtTick: number;
  reading: OutsideParentReading;
}

/** The parents of a unit's rows that are no rows of it themselves, each with its own `stat` held. */
export class OutsideParents {
  readonly #reader: ProcessReader;
  readonly #nanosPerTick: number;
  readonly #known = new Map<string, OutsideParent>();
  #nextSerial = 1;

  constructor(reader: ProcessReader, ticksPerSecond: number) {
    this.#reader = reader;
    this.#nanosPerTick = 1e9 / ticksPerSecond;
  }

  /** Reads them all; one that has ended is dropped. To be called before the rows are read. */
  read(tick: number): OutsideParentReading[] {
    const readings: OutsideParentReading[] = [];
    for (const [key, parent] of this.#known) {
      if (tick - parent.neededAtTick > LINGER_TICKS || this.#reader.readStat(parent.process) === 'gone') {
        this.#drop(key, parent);
        continue;
      }
      parent.reading = this.#reading(parent.process, parent.unit);
      readings.push(parent.reading);
    }
    return readings;
  }

  /** A row of the unit has this parent. What it had waited for before is never counted. */
  need(unit: number, pid: number, tick: number): void {
    const key = `${unit} ${pid}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      known.neededAtTick = Math.max(known.neededAtTick, tick);
      return;
    }
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') return;
    const { startTicks } = this.#reader.stat;
    const process = new TrackedProcess(this.#nextSerial++, -1, pid, startTicks, 0, 0, 0, tick);
    process.statDescriptor = opened.descriptor;
    this.#known.set(key, { process, unit, neededAtTick: tick, reading: this.#reading(process, unit) });
  }

  /** Lives of the unit have ended: these waited for their main processes, and for more to come. */
  needManagers(unit: number, pids: readonly number[], tick: number): void {
    for (const pid of pids) this.need(unit, pid, tick + LINGER_FOR_ENDED_TICKS - LINGER_TICKS);
  }

  /** Those found since `read`: they are known from the next tick on, with this reading as their start. */
  fresh(readings: readonly OutsideParentReading[]): OutsideParentReading[] {
    return [...this.#known.values()]
      .map(({ reading }) => reading)
      .filter((reading) => !readings.includes(reading));
  }

  close(): void {
    for (const [key, parent] of this.#known) this.#drop(key, parent);
  }

  #reading(process: TrackedProcess, unit: number): OutsideParentReading {
    const { childrenUserTicks, childrenSystemTicks } = this.#reader.stat;
    return {
      serial: process.serial,
      unit,
      pid: process.pid,
      isSelf: this.#reader.isSelf(process.pid),
      reapedNanos: (childrenUserTicks + childrenSystemTicks) * this.#nanosPerTick,
    };
  }

  #drop(key: string, parent: OutsideParent): void {
    this.#reader.close(parent.process);
    this.#known.delete(key);
  }
}
