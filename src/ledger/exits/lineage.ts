import type { ProcessEvent } from '../../host/proc-events/process-event.ts';
import type { ProcessExit } from '../../sampling/exit-records.ts';
import { ROW_ALIVE, ROW_FOREIGN_CHILD, ROW_LEFT } from '../../sampling/process-columns.ts';
import { isSameBirth, type ProcessEventBatch } from '../../sampling/process-events.ts';
import type { Sample } from '../../sampling/sample.ts';
import type { RowsByPid } from './rows-by-pid.ts';

const NO_UNITS: readonly number[] = [];

/** A process as its events describe it, a row or not. */
export interface Birth {
  readonly pid: number;
  /** On the monotonic clock of the run; NaN where it was born before its events were received. */
  readonly bornAtSeconds: number;
  /** NaN while it lives. */
  endedAtSeconds: number;
  /** Indexes of the units that it belongs to: those of its row, and those of its parent when it was born. */
  units: readonly number[];
  /** The exit record of it has come. */
  isRecorded: boolean;
  /** Batches since its end: then it is let go. */
  batchesSinceEnd: number;
}

/** Batches after its end for which a process is known: its row shows the end by the next sample at the latest. */
const KEPT_BATCHES = 2;

/**
 * Which process an exit record is of, when it was born and ended, and of which units it is, by the kernel's process events:
 * those of processes that were never sampled, and of those whose parents had ended, too. Where events were lost it knows
 * nothing of the processes that lived then.
 */
export class Lineage {
  readonly #rows: RowsByPid;
  #now: Sample | undefined;
  /** Oldest first: more than one where a number was used again before the record of its earlier process came. */
  readonly #byPid = new Map<number, Birth[]>();
  /** Those that ended, until they are let go. */
  readonly #ended = new Set<Birth>();

  /** Rows of this sample that are new, have ended or have left, whose process is known. */
  readonly news: { readonly slot: number; readonly birth: Birth }[] = [];
  /** Of the rows of the samples before. */
  #newestSerial = 0;

  /** `rows` are those of the sample at hand. */
  constructor(rows: RowsByPid) {
    this.#rows = rows;
  }

  /** Takes the events up to a sample. */
  take(now: Sample, { events, lost }: ProcessEventBatch): void {
    this.#now = now;
    this.news.length = 0;
    if (lost > 0) {
      this.#byPid.clear();
      this.#ended.clear();
      return;
    }
    this.#letGo();
    if (events.length > 0) this.#rows.index(now);
    for (const event of events) this.#add(event);
    this.#followRows(now);
  }

  /** The process of a record. To be asked once a record, in the order of the records. */
  takeRecord({ pid }: ProcessExit): Birth | undefined {
    const birth = this.#byPid.get(pid)?.find(({ isRecorded }) => !isRecorded);
    if (birth !== undefined) birth.isRecorded = true;
    return birth;
  }

  /** Whether the row in `slot` is that process. */
  isOfRow({ pid, bornAtSeconds, endedAtSeconds }: Birth, slot: number): boolean {
    const { rows, identities } = this.#now!;
    if (rows.pid[slot] !== pid) return false;
    const born = identities[slot]!.bornAtSeconds;
    return Number.isNaN(bornAtSeconds) ? !(born > endedAtSeconds) : isSameBirth(born, bornAtSeconds);
  }

  #add(event: ProcessEvent): void {
    const { pid, atSeconds } = event;
    if (event.kind === 'fork') {
      const birth = bornAt(pid, atSeconds, this.#unitsOf(event.parentPid));
      this.#placeByRows(birth);
      this.#keep(birth);
    } else if (event.kind === 'exit') this.#end(pid, atSeconds);
    else if (event.kind === 'exec') {
      const last = this.#byPid.get(pid)?.at(-1);
      // Its first thread alone had ended: another one runs on in its place.
      if (last !== undefined && !last.isRecorded) last.endedAtSeconds = Number.NaN;
    }
  }

  #end(pid: number, atSeconds: number): void {
    let birth = this.#byPid.get(pid)?.at(-1);
    if (birth === undefined || !Number.isNaN(birth.endedAtSeconds)) {
      birth = bornAt(pid, Number.NaN, NO_UNITS);
      this.#keep(birth);
    }
    birth.endedAtSeconds = atSeconds;
    birth.batchesSinceEnd = 0;
    this.#ended.add(birth);
  }

  /** The process of a row, where its birth or its end was reported. */
  #birthOf(slot: number): Birth | undefined {
    const births = this.#byPid.get(this.#now!.rows.pid[slot]!);
    return births?.findLast((birth) => this.isOfRow(birth, slot));
  }

  #keep(birth: Birth): void {
    const known = this.#byPid.get(birth.pid);
    if (known === undefined) this.#byPid.set(birth.pid, [birth]);
    else known.push(birth);
  }

  /** Of a process that lives: its own where its events are known, else those of its rows. */
  #unitsOf(pid: number): readonly number[] {
    const birth = this.#byPid.get(pid)?.at(-1);
    if (birth !== undefined && !Number.isNaN(birth.bornAtSeconds)) return birth.units;
    const { rows } = this.#now!;
    const units: number[] = [];
    for (let slot = this.#rows.first(pid); slot >= 0; slot = this.#rows.next(slot)) {
      const unit = rows.unit[slot]!;
      if (rows.state[slot] !== ROW_FOREIGN_CHILD && !units.includes(unit)) units.push(unit);
    }
    return units;
  }

  /** Its rows put it into their units, and out of those whose foreign child it is. */
  #placeByRows(birth: Birth): void {
    for (let slot = this.#rows.first(birth.pid); slot >= 0; slot = this.#rows.next(slot))
      if (this.isOfRow(birth, slot)) this.#placeByRow(birth, slot);
  }

  #placeByRow(birth: Birth, slot: number): void {
    const { rows } = this.#now!;
    const unit = rows.unit[slot]!;
    const state = rows.state[slot];
    const isIn = birth.units.includes(unit);
    if (state === ROW_FOREIGN_CHILD || state === ROW_LEFT) {
      if (isIn) birth.units = birth.units.filter((other) => other !== unit);
    } else if (!isIn) birth.units = [...birth.units, unit];
  }

  /** Rows that are new, have ended, or are in their unit no more. */
  #followRows({ rows, changed, changedCount }: Sample): void {
    let newest = this.#newestSerial;
    for (let i = 0; i < changedCount; i++) {
      const slot = changed[i]!;
      const serial = rows.serial[slot]!;
      if (serial <= this.#newestSerial && rows.state[slot] === ROW_ALIVE) continue;
      newest = Math.max(newest, serial);
      const birth = this.#birthOf(slot);
      if (birth === undefined) continue;
      this.#placeByRow(birth, slot);
      this.news.push({ slot, birth });
    }
    this.#newestSerial = newest;
  }

  /** Ends of which all is known that will be. */
  #letGo(): void {
    for (const birth of this.#ended) {
      // Another thread had run on in its place.
      const isAlive = Number.isNaN(birth.endedAtSeconds);
      if (!isAlive && ++birth.batchesSinceEnd < KEPT_BATCHES) continue;
      this.#ended.delete(birth);
      if (!isAlive) this.#forget(birth);
    }
  }

  #forget(birth: Birth): void {
    const left = this.#byPid.get(birth.pid)!.filter((other) => other !== birth);
    if (left.length === 0) this.#byPid.delete(birth.pid);
    else this.#byPid.set(birth.pid, left);
  }
}

function bornAt(pid: number, bornAtSeconds: number, units: readonly number[]): Birth {
  return { pid, bornAtSeconds, endedAtSeconds: Number.NaN, units, isRecorded: false, batchesSinceEnd: 0 };
}
