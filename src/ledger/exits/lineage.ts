import type { ProcessEvent } from '../../host/proc-events/process-event.ts';
import type { ProcessExit } from '../../sampling/exit-records.ts';
import { ROW_ALIVE, ROW_FOREIGN_CHILD, ROW_LEFT } from '../../sampling/process-columns.ts';
import { isSameBirth, type ProcessEventBatch } from '../../sampling/process-events.ts';
import type { Sample } from '../../sampling/sample.ts';
import type { RowsByPid } from './rows-by-pid.ts';

const NO_UNITS: readonly number[] = [];

/** A process by its events, with or without a row. */
export interface Birth {
  readonly pid: number;
  /** On the monotonic clock of the run; NaN if it was born before events were received. */
  readonly bornAtSeconds: number;
  /** NaN while it is alive. */
  endedAtSeconds: number;
  /** Indexes of its units: those of its row, and those of its parent at its birth. */
  units: readonly number[];
  /** Its exit record has come. */
  isRecorded: boolean;
  /** Batches since its end; then it is dropped. */
  batchesSinceEnd: number;
  /** It is among the ended processes. */
  isListed: boolean;
  /** An earlier process with its PID, whose record has not come, or came a moment ago. */
  older: Birth | undefined;
}

/** Batches for which an ended process is kept: its row shows the end in the next sample at the latest. */
const KEPT_BATCHES = 2;

/**
 * Tells from the kernel's process events which process an exit record belongs to, its birth, end and units; also for
 * processes that were never sampled, and whose parents had ended. After lost events, nothing is known about the
 * processes that were alive then.
 */
export class Lineage {
  readonly #rows: RowsByPid;
  #now: Sample | undefined;
  /** The youngest process with a PID; `older` has the others. */
  readonly #byPid = new Map<number, Birth>();
  /** Ended processes, until they are dropped. */
  readonly #ended: Birth[] = [];
  /** Units of the rows of the PID whose units were last looked up; NaN: none yet in this tick. */
  #unitsPid = Number.NaN;
  #unitsOfRows: readonly number[] = NO_UNITS;

  /** Rows of this sample that are new, ended or left, and whose process is known. */
  readonly news: { readonly slot: number; readonly birth: Birth }[] = [];
  /** Highest serial among the rows of earlier samples. */
  #newestSerial = 0;

  /** `rows`: rows of the current sample. */
  constructor(rows: RowsByPid) {
    this.#rows = rows;
  }

  /** Takes the events up to a sample. */
  take(now: Sample, { events, lost }: ProcessEventBatch): void {
    this.#now = now;
    this.news.length = 0;
    this.#unitsPid = Number.NaN;
    if (lost > 0) {
      this.#byPid.clear();
      this.#ended.length = 0;
      return;
    }
    this.#letGo();
    if (events.length > 0) this.#rows.index(now);
    for (const event of events) this.#add(event);
    this.#followRows(now);
  }

  /** The process of a record. Call once for each record, in the order of the records. */
  takeRecord({ pid }: ProcessExit): Birth | undefined {
    let oldest: Birth | undefined;
    for (let birth = this.#byPid.get(pid); birth !== undefined; birth = birth.older)
      if (!birth.isRecorded) oldest = birth;
    if (oldest !== undefined) oldest.isRecorded = true;
    return oldest;
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
      const last = this.#byPid.get(pid);
      // Only its leader had ended: another thread continues under its PID.
      if (last !== undefined && !last.isRecorded) last.endedAtSeconds = Number.NaN;
    }
  }

  #end(pid: number, atSeconds: number): void {
    let birth = this.#byPid.get(pid);
    if (birth === undefined || !Number.isNaN(birth.endedAtSeconds)) {
      birth = bornAt(pid, Number.NaN, NO_UNITS);
      this.#keep(birth);
    }
    birth.endedAtSeconds = atSeconds;
    birth.batchesSinceEnd = 0;
    if (birth.isListed) return;
    birth.isListed = true;
    this.#ended.push(birth);
  }

  /** The process of a row, if its birth or end was reported. */
  #birthOf(slot: number): Birth | undefined {
    let birth = this.#byPid.get(this.#now!.rows.pid[slot]!);
    while (birth !== undefined && !this.isOfRow(birth, slot)) birth = birth.older;
    return birth;
  }

  #keep(birth: Birth): void {
    birth.older = this.#byPid.get(birth.pid);
    this.#byPid.set(birth.pid, birth);
  }

  /** Units of a living process: its own if its events are known, else those of its rows. */
  #unitsOf(pid: number): readonly number[] {
    const birth = this.#byPid.get(pid);
    if (birth !== undefined && !Number.isNaN(birth.bornAtSeconds)) return birth.units;
    // One parent may have forked all processes of the tick.
    if (pid === this.#unitsPid) return this.#unitsOfRows;
    const { rows } = this.#now!;
    const units: number[] = [];
    for (let slot = this.#rows.first(pid); slot >= 0; slot = this.#rows.next(slot)) {
      const unit = rows.unit[slot]!;
      if (rows.state[slot] !== ROW_FOREIGN_CHILD && !units.includes(unit)) units.push(unit);
    }
    this.#unitsPid = pid;
    this.#unitsOfRows = units;
    return units;
  }

  /** Adds the units of its rows, and removes units in which it is a foreign child. */
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

  /** Follows rows that are new, have ended, or left their unit. */
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
    for (const { birth } of this.news) {
      // It left all targets while alive: its end will not be reported.
      if (birth.units.length === 0 && Number.isNaN(birth.endedAtSeconds)) this.#forget(birth);
    }
    this.#newestSerial = newest;
  }

  /** Drops ended processes about which nothing more can come. */
  #letGo(): void {
    let kept = 0;
    for (const birth of this.#ended) {
      // Another thread continued under its PID.
      const isAlive = Number.isNaN(birth.endedAtSeconds);
      if (!isAlive && ++birth.batchesSinceEnd < KEPT_BATCHES) {
        this.#ended[kept++] = birth;
        continue;
      }
      birth.isListed = false;
      if (!isAlive) this.#forget(birth);
    }
    this.#ended.length = kept;
  }

  #forget(birth: Birth): void {
    const { pid, older } = birth;
    const youngest = this.#byPid.get(pid)!;
    if (youngest !== birth) {
      let younger = youngest;
      while (younger.older !== birth) younger = younger.older!;
      younger.older = older;
    } else if (older === undefined) this.#byPid.delete(pid);
    else this.#byPid.set(pid, older);
  }
}

function bornAt(pid: number, bornAtSeconds: number, units: readonly number[]): Birth {
  return {
    pid,
    bornAtSeconds,
    endedAtSeconds: Number.NaN,
    units,
    isRecorded: false,
    batchesSinceEnd: 0,
    isListed: false,
    older: undefined,
  };
}
