import type { UnitOrigin } from '../../src/discovery/targets/targets.ts';
import type { ProcessColumns } from '../../src/sampling/process-columns.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { SimulatedRows, TICK_SECONDS } from './simulated-rows.ts';

/** A simulated process, and its usage in a tick. */
export interface Churning {
  readonly unit: number;
  readonly pid: number;
  readonly executable: string;
  /** Whether its `io` can be read. */
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

/** Units with thousands of short-lived processes, under a sampler that reads them exactly. */
export class SimulatedChurn {
  readonly units: string[];
  readonly #origins: UnitOrigin[];
  readonly #rows = new Map<number, Row>();
  readonly #columns: SimulatedRows;
  readonly #nanosOf: Float64Array;
  #serial = 0;
  #tick = -1;

  /** `originUnixMillis`: wall-clock time of the first tick. */
  constructor(units: readonly string[], capacity: number, originUnixMillis = 0) {
    this.units = [...units];
    this.#origins = units.map((_, place) => ({ serial: place + 1, kind: 'named', pattern: null }));
    this.#columns = new SimulatedRows(capacity, originUnixMillis);
    this.#nanosOf = new Float64Array(units.length);
  }

  isUsed(pid: number): boolean {
    return this.#rows.has(pid);
  }

  /** Time of the last sampled tick. */
  get atSeconds(): number {
    return this.#tick * TICK_SECONDS;
  }

  start(unit: number, pid: number, executable = 'worker', hasIo = true): Churning {
    const serial = ++this.#serial;
    const bornTick = this.#tick + 1;
    const slot = this.#columns.take(serial, pid, executable, bornTick);
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
    return row;
  }

  /** Uses CPU and reads bytes; the next sample shows it. */
  work(process: Churning, nanos: number, bytes = 0): void {
    process.nanos += nanos;
    process.readBytes += bytes;
    this.#nanosOf[process.unit]! += nanos;
  }

  sample(): Sample {
    this.#tick++;
    const rows = this.#columns.turn();
    const slots: number[] = [];
    for (const row of this.#rows.values()) {
      slots.push(row.slot);
      this.#fill(rows, row);
    }
    return {
      ...this.#columns.sample(this.#tick, slots),
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
    };
  }

  /** Call after a sample is booked: ended processes leave their slots. */
  sweep(): void {
    for (const [pid, { isOver, slot }] of this.#rows) {
      if (!isOver) continue;
      this.#rows.delete(pid);
      this.#columns.leave(slot);
    }
  }

  #fill(rows: ProcessColumns, row: Row): void {
    const { slot } = row;
    this.#columns.set(slot, { ...row, ppid: 1 });
    if (row.isOver) return;
    rows.userTicks[slot] = row.nanos / 1e7;
    rows.memoryBytes[slot] = row.memoryBytes;
    if (!row.hasIo) return;
    rows.readBytes[slot] = row.readBytes;
    rows.writeBytes[slot] = 0;
    rows.cancelledWriteBytes[slot] = 0;
    rows.readChars[slot] = 2 * row.readBytes;
    rows.writeChars[slot] = 0;
  }
}
