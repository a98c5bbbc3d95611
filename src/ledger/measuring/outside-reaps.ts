import { PID_LIMIT } from '../../host/proc/pid-sink.ts';
import type { OutsideParentReading } from '../../sampling/sample.ts';
import { REAPED_RESOLUTION_NANOS, ReapBalance } from './reap-balance.ts';

const NANOS = 1e9;

/** CPU that a command started by unitledger used after it was last read. */
export interface FinalDelta {
  readonly unit: number;
  /** Slot of the row that has just ended. */
  readonly slot: number;
  readonly seconds: number;
}

interface Known {
  readonly slot: number;
  nanos: number;
  growthNanos: number;
  reading: OutsideParentReading;
}

/**
 * CPU of processes that the parents outside of a unit waited for: ended processes and orphans of the unit, and
 * unrelated processes. Less the bookings of rows, it is an upper bound of the CPU that the unit lost this way.
 */
export class OutsideReaps {
  /** By unit: CPU seconds in this tick beyond those of rows. */
  readonly seconds: number[] = [];
  /** Final deltas of commands that unitledger itself waited for: they cannot belong to any other process. */
  readonly finalDeltas: FinalDelta[] = [];
  readonly #balance = new ReapBalance(REAPED_RESOLUTION_NANOS);
  #known = new Map<number, Known>();
  /** The same by unit and PID. */
  readonly #byPid = new Map<number, Known>();
  readonly #free: number[] = [];
  #nextSlot = 0;
  /** By the serial of the outside parent: slot of a row that ended in this tick. */
  readonly #ended = new Map<number, number>();

  /** Begins a tick with the readings of all outside parents; the first reading of each is its baseline. */
  begin(readings: readonly OutsideParentReading[]): void {
    if (!this.#areKnown(readings)) this.#meet(readings);
    for (const reading of readings) {
      const known = this.#known.get(reading.serial)!;
      known.growthNanos = Math.max(0, reading.reapedNanos - known.nanos);
      known.nanos = reading.reapedNanos;
      known.reading = reading;
    }
    this.#balance.begin(this.#nextSlot);
    this.#ended.clear();
  }

  /** Whether the readings are of the parents of the previous tick: with thousands of units, their maps are kept. */
  #areKnown(readings: readonly OutsideParentReading[]): boolean {
    return readings.length === this.#known.size && readings.every(({ serial }) => this.#known.has(serial));
  }

  #meet(readings: readonly OutsideParentReading[]): void {
    const before = this.#known;
    this.#known = new Map();
    this.#byPid.clear();
    for (const reading of readings) {
      const known = before.get(reading.serial) ?? {
        slot: this.#free.pop() ?? this.#nextSlot++,
        nanos: reading.reapedNanos,
        growthNanos: 0,
        reading,
      };
      before.delete(reading.serial);
      this.#known.set(reading.serial, known);
      this.#byPid.set(reading.unit * PID_LIMIT + reading.pid, known);
    }
    for (const { slot } of before.values()) {
      this.#balance.forget(slot);
      this.#free.push(slot);
    }
  }

  /** Credits the end of a child of `ppid`; `nanos`: CPU of its row when last read. */
  credit(unit: number, ppid: number, nanos: number, slot: number): void {
    const known = this.#byPid.get(unit * PID_LIMIT + ppid);
    if (known === undefined) return;
    this.#balance.credit(known.slot, nanos);
    this.#ended.set(known.reading.serial, slot);
  }

  settle(): void {
    this.seconds.fill(0);
    this.finalDeltas.length = 0;
    for (const { reading, slot, growthNanos } of this.#known.values()) {
      const nanos = this.#balance.claim(slot, growthNanos);
      this.#balance.book(slot, nanos);
      const seconds = nanos / NANOS;
      const ended = this.#ended.get(reading.serial);
      if (reading.isSelf && ended !== undefined)
        this.finalDeltas.push({ unit: reading.unit, slot: ended, seconds });
      else this.seconds[reading.unit] = (this.seconds[reading.unit] ?? 0) + seconds;
    }
  }
}
