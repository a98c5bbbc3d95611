import {
  ORIGIN_BIRTH,
  ProcessColumns,
  ROW_ALIVE,
  ROW_EMPTY,
  ROW_ENDED,
} from '../../src/sampling/process-columns.ts';
import type { ProcessIdentity, Sample } from '../../src/sampling/sample.ts';
import type { UnitOrigin } from '../../src/target/targets.ts';
import { changedRows } from './changed-rows.ts';

const TICK_SECONDS = 0.5;

/** What a process of the simulation is, and does in a tick. */
export interface Churning {
  readonly unit: number;
  readonly pid: number;
  readonly executable: string;
  /** Its `io` can be read. */
  readonly hasIo: boolean;
  nanos: number;
  readBytes: number;
  memoryBytes: number;
  isOver: boolean;
}

interface Row extends Churning {
  readonly serial: number;
  readonly slot: number;
  readonly bornTick: number;
}

/** Units whose processes come and go by the thousands, under a sampler that reads them exactly. */
export class SimulatedChurn {
  readonly units: string[];
  readonly #origins: UnitOrigin[];
  readonly #rows = new Map<number, Row>();
  readonly #free: number[] = [];
  readonly #identities: (ProcessIdentity | undefined)[] = [];
  readonly #nanosOf: Float64Array;
  #now: ProcessColumns;
  #before: ProcessColumns;
  #serial = 0;
  #tick = -1;

  constructor(units: readonly string[], capacity: number) {
    this.units = [...units];
    this.#origins = units.map((_, place) => ({ serial: place + 1, kind: 'named', pattern: null }));
    this.#now = new ProcessColumns(capacity);
    this.#before = new ProcessColumns(capacity);
    for (let slot = capacity - 1; slot >= 0; slot--) this.#free.push(slot);
    this.#nanosOf = new Float64Array(units.length);
  }

  isUsed(pid: number): boolean {
    return this.#rows.has(pid);
  }

  /** Of the tick that was sampled last. */
  get atSeconds(): number {
    return this.#tick * TICK_SECONDS;
  }

  start(unit: number, pid: number, executable = 'worker', hasIo = true): Churning {
    const serial = ++this.#serial;
    const slot = this.#free.pop()!;
    const bornTick = this.#tick + 1;
    const row: Row = {
      unit,
      pid,
      executable,
      hasIo,
      serial,
      slot,
      bornTick,
      nanos: 0,
      readBytes: 0,
      memoryBytes: 1e6,
      isOver: false,
    };
    this.#rows.set(pid, row);
    this.#identities[slot] = {
      serial,
      pid,
      startTicks: serial,
      bornAtSeconds: bornTick * TICK_SECONDS,
      startedUnixMillis: bornTick * TICK_SECONDS * 1000,
      name: executable,
      title: null,
      executable,
      command: null,
      subCgroup: '',
    };
    return row;
  }

  /** It uses CPU and reads, which the next sample sees. */
  work(process: Churning, nanos: number, bytes = 0): void {
    process.nanos += nanos;
    process.readBytes += bytes;
    this.#nanosOf[process.unit]! += nanos;
  }

  sample(): Sample {
    this.#tick++;
    const rows = this.#before;
    this.#before = this.#now;
    this.#now = rows;
    rows.copyFrom(this.#before);
    const slots = new Int32Array(this.#rows.size);
    let count = 0;
    for (const row of this.#rows.values()) {
      slots[count++] = row.slot;
      this.#fill(rows, row);
    }
    return {
      tick: this.#tick,
      atSeconds: this.atSeconds,
      unixMillis: this.atSeconds * 1000,
      units: this.units,
      origins: this.#origins,
      instances: this.units.map((name, unit) => ({
        serial: unit + 1,
        unit,
        cgroup: `/system.slice/${name}`,
        bornWatched: true,
        startCpuSeconds: 0,
        cpuSeconds: this.#nanosOf[unit]! / 1e9,
        figures: null,
      })),
      ended: this.units.map(() => null),
      outsideParents: [],
      rows,
      slots,
      count,
      ...changedRows(rows, this.#before, slots.subarray(0, count)),
      identities: this.#identities,
      details: null,
    };
  }

  /** To be called once a sample is booked: those that were over leave their slots. */
  sweep(): void {
    for (const [pid, { isOver, slot }] of this.#rows) {
      if (!isOver) continue;
      this.#rows.delete(pid);
      this.#free.push(slot);
    }
  }

  #fill(rows: ProcessColumns, row: Row): void {
    const { slot } = row;
    if (rows.state[slot] === ROW_EMPTY || rows.state[slot] === ROW_ENDED) {
      rows.begin(slot, row.serial, row.pid, row.unit);
    }
    rows.state[slot] = row.isOver ? ROW_ENDED : ROW_ALIVE;
    rows.origin[slot] = ORIGIN_BIRTH;
    rows.ppid[slot] = 1;
    if (row.isOver) return;
    rows.cpuNanos[slot] = row.nanos;
    rows.userTicks[slot] = row.nanos / 1e7;
    rows.reapedNanos[slot] = 0;
    rows.memoryBytes[slot] = row.memoryBytes;
    if (!row.hasIo) return;
    rows.readBytes[slot] = row.readBytes;
    rows.writeBytes[slot] = 0;
    rows.cancelledWriteBytes[slot] = 0;
    rows.readChars[slot] = 2 * row.readBytes;
    rows.writeChars[slot] = 0;
  }
}
