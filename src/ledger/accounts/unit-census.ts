import { type ProcessColumns, ROW_ALIVE } from '../../sampling/process-columns.ts';
import type { Deltas } from '../measuring/deltas.ts';

const THERE = 1;
const ALIVE = 2;
const RESIDENT = 4;
const HAS_IO = 8;

/** Number of rows of a unit by kind, and the sum of their memory. */
export class UnitCount {
  rows = 0;
  alive = 0;
  /** Rows with known memory, and the sum. */
  residentRows = 0;
  residentBytes = 0;
  /** Rows with known `io`. */
  ioRows = 0;
}

/** Counts the rows of each unit. Updated by changes only, because usually few rows change. */
export class UnitCensus {
  readonly #units: UnitCount[] = [];
  /** By slot: what was counted for the row, in which unit, and with which memory. */
  #counted = new Uint8Array(0);
  #unit = new Int32Array(0);
  #memoryBytes = new Float64Array(0);

  /** Makes room for slots up to `capacity`. */
  grow(capacity: number): void {
    if (capacity <= this.#unit.length) return;
    const [counted, unit, memoryBytes] = [this.#counted, this.#unit, this.#memoryBytes];
    this.#counted = new Uint8Array(capacity);
    this.#counted.set(counted);
    this.#unit = new Int32Array(capacity);
    this.#unit.set(unit);
    this.#memoryBytes = new Float64Array(capacity);
    this.#memoryBytes.set(memoryBytes);
  }

  of(unit: number): Readonly<UnitCount> {
    this.#units[unit] ??= new UnitCount();
    return this.#units[unit];
  }

  /** Counts a row in its current state. */
  count(slot: number, rows: ProcessColumns, deltas: Deltas): void {
    const memoryBytes = rows.memoryBytes[slot]!;
    const now =
      THERE |
      (rows.state[slot] === ROW_ALIVE ? ALIVE : 0) |
      (Number.isNaN(memoryBytes) ? 0 : RESIDENT) |
      (deltas.knowsBytes(slot) ? HAS_IO : 0);
    const isSame = now === this.#counted[slot] && rows.unit[slot] === this.#unit[slot];
    if (isSame && (memoryBytes === this.#memoryBytes[slot] || (now & RESIDENT) === 0)) return;
    this.remove(slot);
    this.#counted[slot] = now;
    this.#unit[slot] = rows.unit[slot]!;
    this.#memoryBytes[slot] = memoryBytes;
    this.#add(slot, 1);
  }

  /** Removes a row that is gone. */
  remove(slot: number): void {
    if (this.#counted[slot] !== 0) this.#add(slot, -1);
    this.#counted[slot] = 0;
  }

  #add(slot: number, sign: number): void {
    const counted = this.#counted[slot]!;
    const unit = this.of(this.#unit[slot]!) as UnitCount;
    unit.rows += sign;
    if ((counted & ALIVE) !== 0) unit.alive += sign;
    if ((counted & HAS_IO) !== 0) unit.ioRows += sign;
    if ((counted & RESIDENT) === 0) return;
    unit.residentRows += sign;
    // Integers below 2^53: the sum does not depend on the order of additions and subtractions.
    unit.residentBytes += sign * this.#memoryBytes[slot]!;
  }
}
