import { PID_LIMIT } from '../../host/proc/pid-sink.ts';
import type { OutsideParentReading } from '../../sampling/sample.ts';
import { REAPED_RESOLUTION_NANOS, ReapBalance } from './reap-balance.ts';

const NANOS = 1e9;

/** What a command of this program's own used after it was last read. */
export interface FinalDelta {
  readonly unit: number;
  /** Slot of the row that had just ended. */
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
 * What the parents outside of a unit waited for: the unit's ended processes, orphans among them, and others that have
 * nothing to do with it. Less what was booked to rows, it bounds what was lost to the unit in this way.
 */
export class OutsideReaps {
  /** By unit: CPU seconds beyond those of rows, in this tick. */
  readonly seconds: number[] = [];
  /** Of commands that this program itself waited for: there is nobody else whose they could be. */
  readonly finalDeltas: FinalDelta[] = [];
  readonly #balance = new ReapBalance(REAPED_RESOLUTION_NANOS);
  #known = new Map<number, Known>();
  /** The same, by unit and PID. */
  readonly #byPid = new Map<number, Known>();
  readonly #free: number[] = [];
  #nextSlot = 0;
  /** Slot of a row that ended in this tick, by its outside parent's serial. */
  readonly #ended = new Map<number, number>();

  /** Begins a tick with the readings of all outside parents; the first of each is its start. */
  begin(readings: readonly OutsideParentReading[]): void {
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
      known.growthNanos = Math.max(0, reading.reapedNanos - known.nanos);
      known.nanos = reading.reapedNanos;
      known.reading = reading;
      this.#known.set(reading.serial, known);
      this.#byPid.set(reading.unit * PID_LIMIT + reading.pid, known);
    }
    this.#balance.begin(this.#nextSlot);
    for (const { slot } of before.values()) {
      this.#balance.forget(slot);
      this.#free.push(slot);
    }
    this.#ended.clear();
  }

  /** A row that has ended, last read to have used `nanos`, was a child of `ppid`. */
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
