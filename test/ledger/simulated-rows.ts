import { ORIGIN_BIRTH, ProcessColumns, ROW_ALIVE, ROW_ENDED } from '../../src/sampling/process-columns.ts';
import type { ProcessIdentity, Sample } from '../../src/sampling/sample.ts';
import { changedRows } from './changed-rows.ts';

/** Seconds between two samples of a simulation. */
export const TICK_SECONDS = 0.5;

/** Values of a simulated process. */
interface SimulatedRow {
  readonly serial: number;
  readonly pid: number;
  readonly unit: number;
  readonly ppid: number;
  readonly nanos: number;
  readonly isOver: boolean;
}

/** Rows of simulated processes: two buffers that alternate, like the sampler's. */
export class SimulatedRows {
  readonly #identities: (ProcessIdentity | undefined)[] = [];
  readonly #free: number[];
  #rows: ProcessColumns;
  #other: ProcessColumns;

  readonly #originUnixMillis: number;

  /** `originUnixMillis`: wall-clock time of the first tick. */
  constructor(capacity: number, originUnixMillis = 0) {
    this.#originUnixMillis = originUnixMillis;
    this.#rows = new ProcessColumns(capacity);
    this.#other = new ProcessColumns(capacity);
    this.#free = Array.from({ length: capacity }, (_, slot) => slot);
  }

  /** A slot for a process that is born in a tick. */
  take(serial: number, pid: number, executable: string, bornTick: number): number {
    const slot = this.#free.shift()!;
    this.#identities[slot] = {
      serial,
      pid,
      startTicks: serial,
      bornAtSeconds: bornTick * TICK_SECONDS,
      startedUnixMillis: this.#originUnixMillis + bornTick * TICK_SECONDS * 1000,
      name: executable,
      title: null,
      executable,
      command: null,
      subCgroup: '',
    };
    return slot;
  }

  leave(slot: number): void {
    this.#free.push(slot);
  }

  /** Starts a tick in the other buffer, with a copy of all rows. */
  turn(): ProcessColumns {
    const rows = this.#other;
    this.#other = this.#rows;
    this.#rows = rows;
    rows.copyFrom(this.#other);
    return rows;
  }

  /** Sets a row that is counted from its birth on: alive, or ended with its last counters. */
  set(slot: number, { serial, pid, unit, ppid, nanos, isOver }: SimulatedRow): void {
    const rows = this.#rows;
    if (rows.serial[slot] !== serial) rows.begin(slot, serial, pid, unit);
    rows.state[slot] = isOver ? ROW_ENDED : ROW_ALIVE;
    rows.origin[slot] = ORIGIN_BIRTH;
    rows.ppid[slot] = ppid;
    if (isOver) return;
    rows.cpuNanos[slot] = nanos;
    rows.reapedNanos[slot] = 0;
  }

  /** The part of a sample about the rows in these slots. */
  sample(tick: number, slots: readonly number[]): Omit<Sample, 'units' | 'origins' | 'instances' | 'ended'> {
    return {
      tick,
      atSeconds: tick * TICK_SECONDS,
      unixMillis: this.#originUnixMillis + tick * TICK_SECONDS * 1000,
      outsideParents: [],
      rows: this.#rows,
      slots: Int32Array.from(slots),
      count: slots.length,
      ...changedRows(this.#rows, this.#other, slots),
      identities: this.#identities,
      details: null,
    };
  }
}
