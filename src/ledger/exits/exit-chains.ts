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

/** An exit record, until its process is placed. */
export class RecordedExit {
  readonly exit: ProcessExit;
  /** The process of the record, if events are available. */
  readonly birth: Birth | undefined;
  /** Slots of the rows of the ended process itself in this tick, foreign children included; one a unit. */
  slots: readonly number[] = NO_SLOTS;
  /** Rows that it descended from in this tick, one a unit; empty if unknown. */
  descents: readonly Descent[] = NO_DESCENTS;

  constructor(exit: ProcessExit, birth: Birth | undefined) {
    this.exit = exit;
    this.birth = birth;
  }
}

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
  /**
   * By slot: the last record with the PID of a row that was found alive in this tick. It is the row's own record if the
   * process ended after it was read, or the record of a process that had the PID earlier. The next tick decides.
   */
  readonly #doubtful = new Map<number, { readonly serial: number; readonly recorded: RecordedExit }>();
  /** Descents of the PID that was last looked up among the rows; NaN: none yet in this tick. */
  #descentsPid = Number.NaN;
  #descentsOfPid: readonly Descent[] = NO_DESCENTS;

  constructor(byPid: RowsByPid, lineage: Lineage) {
    this.#byPid = byPid;
    this.#lineage = lineage;
  }

  /**
   * Takes a tick's rows and records, in order: `earlier` came in the previous tick and could not be placed; `exits` are
   * new, and returned.
   */
  take(
    now: Sample,
    earlier: readonly RecordedExit[],
    exits: readonly ProcessExit[],
  ): readonly RecordedExit[] {
    this.#now = now;
    this.#byPid.index(now);
    this.#forgetAlive(now);
    for (const recorded of earlier) recorded.slots = NO_SLOTS;
    this.#settleDoubts(now, exits);
    const recorded = exits.map((exit) => new RecordedExit(exit, this.#lineage.takeRecord(exit)));
    this.#findRows(now, recorded);
    this.#findDescents(earlier, recorded);
    this.#beforeSeconds = now.atSeconds;
    return recorded;
  }

  /** Handles a tick without exits, after a tick that left nothing to place. */
  rest(now: Sample): void {
    this.#ended.clear();
    this.#beforeSeconds = now.atSeconds;
  }

  /**
   * Whether it is still unknown if the process had a row of its own: the record must be among `earlier` in the next
   * tick.
   */
  isDoubtful(recorded: RecordedExit): boolean {
    if (this.#doubtful.size === 0) return false;
    for (const doubt of this.#doubtful.values()) if (doubt.recorded === recorded) return true;
    return false;
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

  /** A row that has ended since has its own record: the doubtful one, unless only a new one is of a child of its parent. */
  #settleDoubts({ rows }: Sample, exits: readonly ProcessExit[]): void {
    for (const [slot, { serial, recorded }] of this.#doubtful) {
      if (rows.serial[slot] !== serial || rows.state[slot] === ROW_ALIVE) continue;
      const parent = rows.ppid[slot]!;
      const { pid, ppid } = recorded.exit;
      if (ppid === parent || !exits.some((exit) => exit.pid === pid && exit.ppid === parent))
        this.#isRow(recorded, slot);
    }
    this.#doubtful.clear();
  }

  /** An older row ends with the first record of its PID, a new row with the last. */
  #findRows({ rows, identities }: Sample, all: readonly RecordedExit[]): void {
    const recordOf = new Map<number, RecordedExit>();
    for (const recorded of all) {
      const { exit, birth } = recorded;
      for (let slot = this.#byPid.first(exit.pid); slot >= 0; slot = this.#byPid.next(slot)) {
        if (this.#ended.has(slot)) continue;
        if (birth !== undefined) {
          if (this.#lineage.isOfRow(birth, slot)) recordOf.set(slot, recorded);
          continue;
        }
        const isNew = identities[slot]!.bornAtSeconds + BIRTH_SECONDS >= this.#beforeSeconds;
        if (isNew && rows.state[slot] === ROW_ALIVE)
          this.#doubtful.set(slot, { serial: rows.serial[slot]!, recorded });
        else if (isNew || !recordOf.has(slot)) recordOf.set(slot, recorded);
      }
    }
    for (const [slot, recorded] of recordOf) this.#isRow(recorded, slot);
    for (const [slot, { recorded }] of this.#doubtful)
      if (recorded.slots.length > 0) this.#doubtful.delete(slot);
  }

  #isRow(recorded: RecordedExit, slot: number): void {
    recorded.slots = [...recorded.slots, slot];
    this.#ended.set(slot, this.#now!.rows.serial[slot]!);
  }

  /** The next process to end with the PID of the parent was the parent: from the last record to the first. */
  #findDescents(earlier: readonly RecordedExit[], recorded: readonly RecordedExit[]): void {
    const parentPids = new Set<number>();
    for (const some of [recorded, earlier]) for (const { exit } of some) parentPids.add(exit.ppid);
    const parents = new Map<number, RecordedExit>();
    this.#descentsPid = Number.NaN;
    for (const some of [recorded, earlier]) {
      for (let i = some.length - 1; i >= 0; i--) {
        const each = some[i]!;
        const { pid, ppid } = each.exit;
        const descents = this.#descentBy(ppid, parents.get(ppid));
        each.descents = descents.length > 0 ? descents : descentByBirth(each);
        if (parentPids.has(pid)) parents.set(pid, each);
      }
    }
  }

  #descentBy(ppid: number, parent: RecordedExit | undefined): readonly Descent[] {
    if (parent === undefined) return this.#descentByRow(ppid);
    const found: Descent[] = [];
    for (const slot of parent.slots) this.#add(slot, found);
    // For units in which the parent was not a row itself.
    for (const descent of parent.descents) {
      if (!found.some(({ unit }) => unit === descent.unit)) found.push(descent);
    }
    return found;
  }

  /** Descent of the children of the living process with that PID: one parent may have forked all processes of the tick. */
  #descentByRow(pid: number): readonly Descent[] {
    if (pid === this.#descentsPid) return this.#descentsOfPid;
    const found: Descent[] = [];
    for (let slot = this.#byPid.first(pid); slot >= 0; slot = this.#byPid.next(slot))
      if (!this.#ended.has(slot)) this.#add(slot, found);
    this.#descentsPid = pid;
    this.#descentsOfPid = found;
    return found;
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

/** Descent of a process whose parent is no row and descends from none: the units come from its birth event. */
function descentByBirth({ birth }: RecordedExit): readonly Descent[] {
  const units = birth?.units ?? [];
  return units.length === 0 ? NO_DESCENTS : units.map((unit) => ({ unit, slot: NO_WAITER }));
}
