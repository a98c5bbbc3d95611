import type { ProcessExit } from '../sampling/exit-records.ts';
import { ROW_ENDED, ROW_SHADOW } from '../sampling/process-columns.ts';
import type { Sample } from '../sampling/sample.ts';

/** Whose a process was that ended. */
export interface Descent {
  /** Index of the unit. */
  readonly unit: number;
  /** Slot of the row that it descended from. */
  readonly slot: number;
  /** Serial of that row: its slot may be another's by now. */
  readonly serial: number;
}

const NONE: readonly Descent[] = [];
/** The first process, and the kernel's own parent of threads: nobody's descendants. */
const KERNEL_PARENTS = 2;

/**
 * Finds the rows that ended processes descend from, by chains of parents: a parent is a row, or has ended itself in the
 * same batch or the one before. One that is neither began after the rows were listed: at the next tick it is a row or has
 * a record, or it is none of ours.
 */
export class ExitChains {
  #now: Sample | undefined;
  /** By PID: one row that has it, and by slot the next one (another unit's, or one that just ended). */
  readonly #slotOf = new Map<number, number>();
  #next = new Int32Array(0);
  /** By PID: those of this batch that are not placed yet, and where those of this batch and the last are. */
  readonly #pending = new Map<number, ProcessExit>();
  #placed = new Map<number, readonly Descent[]>();
  #placedBefore = new Map<number, readonly Descent[]>();

  /** Begins a tick with its rows and everything that ended. */
  begin(now: Sample, exits: Iterable<ProcessExit>): void {
    this.#now = now;
    this.#slotOf.clear();
    if (this.#next.length < now.rows.capacity) this.#next = new Int32Array(now.rows.capacity);
    // Oldest first, so that the youngest row of a number that was used twice is met first.
    for (let i = 0; i < now.count; i++) {
      const slot = now.slots[i]!;
      const pid = now.rows.pid[slot]!;
      this.#next[slot] = this.#slotOf.get(pid) ?? -1;
      this.#slotOf.set(pid, slot);
    }
    this.#placedBefore = this.#placed;
    this.#placed = new Map();
    this.#pending.clear();
    for (const exit of exits) this.#pending.set(exit.pid, exit);
  }

  /** A tick in which nothing ended: who ended before is nobody's parent any more. */
  forget(): void {
    this.#placed.clear();
  }

  /** Slots of the rows that have this PID, those that have just ended and shadows included. */
  *rowsOf(pid: number): Generator<number, void, undefined> {
    for (let slot = this.#slotOf.get(pid) ?? -1; slot >= 0; slot = this.#next[slot]!) yield slot;
  }

  /** The rows that an ended process descended from, one a unit; none where that is not known. */
  descentOf(exit: ProcessExit): readonly Descent[] {
    const known = this.#placed.get(exit.pid);
    if (known !== undefined) return known;
    // Before it is placed itself: numbers used again could make a ring.
    this.#pending.delete(exit.pid);
    const found = this.#byParent(exit.ppid);
    if (found.length > 0) this.#placed.set(exit.pid, found);
    return found;
  }

  /** The row that has waited for `slot` and all below it: itself while it has not ended, else the nearest such one. */
  waiterOf(slot: number): number {
    const { rows, count } = this.#now!;
    let at = slot;
    for (let steps = 0; steps < count && rows.state[at] === ROW_ENDED; steps++) {
      const parent = this.#rowOfUnit(rows.ppid[at]!, rows.unit[at]!);
      if (parent === undefined || parent === at) break;
      at = parent;
    }
    return at;
  }

  #byParent(ppid: number): readonly Descent[] {
    const { rows } = this.#now!;
    let found: Descent[] | undefined;
    for (let slot = this.#slotOf.get(ppid) ?? -1; slot >= 0; slot = this.#next[slot]!) {
      const unit = rows.unit[slot]!;
      if (rows.state[slot] === ROW_SHADOW || found?.some((other) => other.unit === unit)) continue;
      found ??= [];
      found.push({ unit, slot, serial: rows.serial[slot]! });
    }
    if (found !== undefined) return found;
    if (ppid <= KERNEL_PARENTS) return NONE;
    const parent = this.#pending.get(ppid);
    if (parent !== undefined) return this.descentOf(parent);
    return this.#placed.get(ppid) ?? this.#placedBefore.get(ppid) ?? NONE;
  }

  #rowOfUnit(pid: number, unit: number): number | undefined {
    const { rows } = this.#now!;
    for (let slot = this.#slotOf.get(pid) ?? -1; slot >= 0; slot = this.#next[slot]!)
      if (rows.unit[slot] === unit && rows.state[slot] !== ROW_SHADOW) return slot;
    return undefined;
  }
}
