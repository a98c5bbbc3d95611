import type { ProcessExit } from '../../sampling/exit-records.ts';
import { ROW_ALIVE, ROW_ENDED, ROW_FOREIGN_CHILD } from '../../sampling/process-columns.ts';
import type { Sample } from '../../sampling/sample.ts';
import type { Birth, Lineage } from './lineage.ts';
import type { RowsByPid } from './rows-by-pid.ts';

/** The row that an ended process descended from. */
export interface Descent {
  /** Unit index. */
  readonly unit: number;
  /** NO_WAITER: the process that waits for it is not a row of the unit. */
  readonly slot: number;
}

/** No row of the unit waits for the process, because PID 1 has adopted it. */
export const NO_WAITER = -1;

const NO_DESCENTS: readonly Descent[] = [];
const NO_SLOTS: readonly number[] = [];

/** Start times are truncated to ticks: a child may appear to start this much before its parent. */
export const BIRTH_SECONDS = 0.02;

/**
 * Finds the rows that ended processes were, or descended from, by chains of parents. PIDs can be reused between two
 * samples, so order matters: records come in the order of the exits, and a child's record has the PID of its parent at
 * that time, which was alive. So the parent is the next process to end with that PID or, if none does, the current
 * owner of the PID: a row, or a process that started after the rows were listed (a row or a record of the next tick, or
 * not of any target).
 *
 * Process events remove this ambiguity: they tell which process had the PID (`Lineage`), and the units of processes
 * that PID 1 has adopted.
 */
export class ExitChains {
  #now: Sample | undefined;
  #beforeSeconds = Number.NEGATIVE_INFINITY;
  readonly #byPid: RowsByPid;
  readonly #lineage: Lineage;
  /** By slot: serials of rows whose exit record has come. */
  readonly #ended = new Map<number, number>();
  readonly #rows = new Map<ProcessExit, number[]>();
  /** If events are available: the processes of this tick's records and of earlier records that are not placed yet. */
  #births = new Map<ProcessExit, Birth>();
  /**
   * By slot: the last record with the PID of a row that was found alive in this tick. It is the row's own record if the
   * process ended after it was read, or the record of a process that had the PID earlier. The next tick decides.
   */
  #doubtful = new Map<number, { readonly serial: number; readonly exit: ProcessExit }>();
  readonly #descents = new Map<ProcessExit, readonly Descent[]>();

  constructor(byPid: RowsByPid, lineage: Lineage) {
    this.#byPid = byPid;
    this.#lineage = lineage;
  }

  /**
   * Takes a tick's rows and records, in order: `earlier` came in the previous tick and could not be placed; `exits` are
   * new.
   */
  take(now: Sample, earlier: readonly ProcessExit[], exits: readonly ProcessExit[]): void {
    this.#now = now;
    this.#byPid.index(now);
    this.#forgetAlive(now);
    this.#rows.clear();
    this.#settleDoubts(now);
    this.#findBirths(earlier, exits);
    this.#findRows(now, exits);
    this.#descents.clear();
    const parents = new Map<number, ProcessExit>();
    for (const some of [exits, earlier]) {
      for (let i = some.length - 1; i >= 0; i--) {
        const exit = some[i]!;
        const descents = this.#descentBy(exit.ppid, parents.get(exit.ppid));
        this.#descents.set(exit, descents.length > 0 ? descents : this.#descentByBirth(exit));
        parents.set(exit.pid, exit);
      }
    }
    this.#beforeSeconds = now.atSeconds;
  }

  /** Handles a tick without exits, after a tick that left nothing to place. */
  rest(now: Sample): void {
    this.#ended.clear();
    this.#beforeSeconds = now.atSeconds;
  }

  /** Slots of the rows of the ended process itself, foreign children included; one a unit. */
  rowsOf(exit: ProcessExit): readonly number[] {
    return this.#rows.get(exit) ?? NO_SLOTS;
  }

  /** The process of the record, if events are available. */
  birthOf(exit: ProcessExit): Birth | undefined {
    return this.#births.get(exit);
  }

  /**
   * Whether it is still unknown if the process had a row of its own: the record must be among `earlier` in the next
   * tick.
   */
  isDoubtful(exit: ProcessExit): boolean {
    for (const doubt of this.#doubtful.values()) if (doubt.exit === exit) return true;
    return false;
  }

  /** Rows that an ended process descended from, one a unit; empty if unknown. */
  descentOf(exit: ProcessExit): readonly Descent[] {
    return this.#descents.get(exit) ?? NO_DESCENTS;
  }

  /**
   * Row that has waited for `slot` and its descendants: `slot` itself if it has not ended, else its nearest ancestor
   * that has not.
   */
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

  /** A row that is alive after its record came is not the process of the record. */
  #forgetAlive({ rows }: Sample): void {
    for (const [slot, serial] of this.#ended)
      if (rows.serial[slot] !== serial || rows.state[slot] === ROW_ALIVE) this.#ended.delete(slot);
  }

  #findBirths(earlier: readonly ProcessExit[], exits: readonly ProcessExit[]): void {
    const before = this.#births;
    this.#births = new Map();
    for (const exit of earlier) {
      const birth = before.get(exit);
      if (birth !== undefined) this.#births.set(exit, birth);
    }
    for (const exit of exits) {
      const birth = this.#lineage.takeRecord(exit);
      if (birth !== undefined) this.#births.set(exit, birth);
    }
  }

  #settleDoubts({ rows }: Sample): void {
    for (const [slot, { serial, exit }] of this.#doubtful)
      if (rows.serial[slot] === serial && rows.state[slot] !== ROW_ALIVE) this.#isRow(exit, slot);
    this.#doubtful = new Map();
  }

  /** An older row ends with the first record of its PID, a new row with the last. */
  #findRows({ rows, identities }: Sample, exits: readonly ProcessExit[]): void {
    const recordOf = new Map<number, ProcessExit>();
    for (const exit of exits) {
      const birth = this.#births.get(exit);
      for (let slot = this.#byPid.first(exit.pid); slot >= 0; slot = this.#byPid.next(slot)) {
        if (this.#ended.has(slot)) continue;
        if (birth !== undefined) {
          if (this.#lineage.isOfRow(birth, slot)) recordOf.set(slot, exit);
          continue;
        }
        const isNew = identities[slot]!.bornAtSeconds + BIRTH_SECONDS >= this.#beforeSeconds;
        if (isNew && rows.state[slot] === ROW_ALIVE)
          this.#doubtful.set(slot, { serial: rows.serial[slot]!, exit });
        else if (isNew || !recordOf.has(slot)) recordOf.set(slot, exit);
      }
    }
    for (const [slot, exit] of recordOf) this.#isRow(exit, slot);
    for (const [slot, { exit }] of this.#doubtful) if (this.#rows.has(exit)) this.#doubtful.delete(slot);
  }

  #isRow(exit: ProcessExit, slot: number): void {
    const slots = this.#rows.get(exit);
    if (slots === undefined) this.#rows.set(exit, [slot]);
    else slots.push(slot);
    this.#ended.set(slot, this.#now!.rows.serial[slot]!);
  }

  #descentBy(ppid: number, parent: ProcessExit | undefined): readonly Descent[] {
    const found: Descent[] = [];
    if (parent !== undefined) {
      for (const slot of this.rowsOf(parent)) this.#add(slot, found);
      // For units in which the parent was not a row itself.
      for (const descent of this.descentOf(parent)) {
        if (!found.some(({ unit }) => unit === descent.unit)) found.push(descent);
      }
      return found;
    }
    for (let slot = this.#byPid.first(ppid); slot >= 0; slot = this.#byPid.next(slot))
      if (!this.#ended.has(slot)) this.#add(slot, found);
    return found.length === 0 ? NO_DESCENTS : found;
  }

  /** Descent of a process whose parent is no row and descends from none: the units come from its birth event. */
  #descentByBirth(exit: ProcessExit): readonly Descent[] {
    const units = this.#births.get(exit)?.units ?? [];
    return units.length === 0 ? NO_DESCENTS : units.map((unit) => ({ unit, slot: NO_WAITER }));
  }

  #add(slot: number, found: Descent[]): void {
    const { rows } = this.#now!;
    const unit = rows.unit[slot]!;
    if (rows.state[slot] === ROW_FOREIGN_CHILD || found.some((other) => other.unit === unit)) return;
    found.push({ unit, slot });
  }

  #rowOfUnit(pid: number, unit: number): number | undefined {
    const { rows } = this.#now!;
    for (let slot = this.#byPid.first(pid); slot >= 0; slot = this.#byPid.next(slot))
      if (rows.unit[slot] === unit && rows.state[slot] !== ROW_FOREIGN_CHILD) return slot;
    return undefined;
  }
}
