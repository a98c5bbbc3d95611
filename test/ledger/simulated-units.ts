import type { CgroupFigures } from '../../src/host/cgroup/figures.ts';
import {
  ORIGIN_BIRTH,
  ProcessColumns,
  ROW_ALIVE,
  ROW_EMPTY,
  ROW_ENDED,
} from '../../src/sampling/process-columns.ts';
import type { InstanceReading, ProcessIdentity, Sample } from '../../src/sampling/sample.ts';
import { UnitPlaces } from '../../src/target/unit-places.ts';
import { changedRows } from './changed-rows.ts';

const CAPACITY = 1100;
const TICK_SECONDS = 0.5;

interface Running {
  readonly name: string;
  /** Index of its unit. */
  readonly place: number;
  readonly serial: number;
  readonly slot: number;
  readonly pid: number;
  readonly bornTick: number;
  nanos: number;
  isOver: boolean;
}

/**
 * Units of the pattern `*` that come and go on a host, each with one process, under a sampler that reads them exactly and
 * books them where `UnitPlaces` says.
 */
export class SimulatedUnits {
  /** CPU that was read. */
  readSeconds = 0;
  started = 0;
  /** What each unit's cgroup tells. */
  figures: CgroupFigures | null = null;
  readonly #places: UnitPlaces;
  readonly #running = new Map<string, Running>();
  readonly #free = Array.from({ length: CAPACITY }, (_, slot) => slot);
  readonly #identities: (ProcessIdentity | undefined)[] = [];
  #rows = new ProcessColumns(CAPACITY);
  #other = new ProcessColumns(CAPACITY);
  #tick = -1;

  constructor(most: number, keepGone: number) {
    this.#places = new UnitPlaces([{ name: '*', isPattern: true }], most, keepGone);
  }

  start(name: string, executable = 'worker'): void {
    const booked = this.#places.admit(name, '*', this.#tick + 1);
    const serial = ++this.started;
    const slot = this.#free.shift()!;
    const place = this.#places.names.indexOf(booked);
    const bornTick = this.#tick + 1;
    this.#running.set(name, { name, place, serial, slot, pid: serial, bornTick, nanos: 0, isOver: false });
    this.#identities[slot] = {
      serial,
      pid: serial,
      startTicks: serial,
      bornAtSeconds: bornTick * TICK_SECONDS,
      startedUnixMillis: bornTick * TICK_SECONDS * 1000,
      name: executable,
      title: null,
      executable,
      command: null,
      subCgroup: '',
    };
  }

  /** Uses CPU, which the next sample reads. */
  work(name: string, nanos: number): void {
    const running = this.#running.get(name)!;
    running.nanos += nanos;
    this.readSeconds += nanos / 1e9;
  }

  /** To be called right after a sample: nothing that was not read is lost. */
  stop(name: string): void {
    this.#running.get(name)!.isOver = true;
    this.#places.leave(name, this.#tick + 1);
  }

  sample(): Sample {
    this.#tick++;
    const rows = this.#other;
    this.#other = this.#rows;
    this.#rows = rows;
    rows.copyFrom(this.#other);
    for (let slot = 0; slot < CAPACITY; slot++) {
      if (rows.state[slot] !== ROW_ENDED) continue;
      rows.state[slot] = ROW_EMPTY;
      rows.serial[slot] = 0;
      this.#free.push(slot);
    }
    const slots: number[] = [];
    const instances: InstanceReading[] = [];
    for (const [name, running] of this.#running) {
      const { slot, serial, place } = running;
      slots.push(slot);
      rows.state[slot] = running.isOver ? ROW_ENDED : ROW_ALIVE;
      if (running.isOver) {
        this.#running.delete(name);
        continue;
      }
      if (running.bornTick === this.#tick) rows.begin(slot, serial, running.pid, place);
      rows.origin[slot] = ORIGIN_BIRTH;
      rows.ppid[slot] = 0;
      rows.cpuNanos[slot] = running.nanos;
      rows.memoryBytes[slot] = 1e6;
      rows.reapedNanos[slot] = 0;
      const cpuSeconds = running.nanos / 1e9;
      const cgroup = `/system.slice/${name}`;
      instances.push({
        serial,
        unit: place,
        cgroup,
        bornWatched: true,
        startCpuSeconds: 0,
        cpuSeconds,
        figures: this.figures,
      });
    }
    return {
      tick: this.#tick,
      atSeconds: this.#tick * TICK_SECONDS,
      unixMillis: this.#tick * TICK_SECONDS * 1000,
      units: this.#places.names,
      origins: this.#places.origins,
      instances,
      ended: this.#places.names.map(() => null),
      outsideParents: [],
      rows,
      slots: Int32Array.from(slots),
      count: slots.length,
      ...changedRows(rows, this.#other, slots),
      identities: this.#identities,
      details: null,
    };
  }
}
