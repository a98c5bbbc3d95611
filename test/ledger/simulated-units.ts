import type { RemovedUsage } from '../../src/discovery/targets/targets.ts';
import { UnitPlaces } from '../../src/discovery/units/unit-places.ts';
import type { CgroupFigures } from '../../src/host/cgroup/figures.ts';
import { ROW_EMPTY, ROW_ENDED } from '../../src/sampling/process-columns.ts';
import type { InstanceReading, Sample } from '../../src/sampling/sample.ts';
import { SimulatedRows } from './simulated-rows.ts';

const CAPACITY = 1100;

interface Running {
  /** Unit index. */
  readonly place: number;
  readonly serial: number;
  readonly slot: number;
  nanos: number;
  isOver: boolean;
}

/**
 * Units of the pattern `*` that come and go on a host, each with one process, under a sampler that reads them exactly
 * and books them in the slots of `UnitPlaces`.
 */
export class SimulatedUnits {
  /** CPU that was read. */
  readSeconds = 0;
  started = 0;
  /** Metrics of each unit's cgroup. */
  figures: CgroupFigures | null = null;
  /** What is known of ended instances from events alone, by unit. */
  readonly removed = new Map<string, RemovedUsage>();
  readonly #places: UnitPlaces;
  readonly #running = new Map<string, Running>();
  readonly #columns = new SimulatedRows(CAPACITY);
  #tick = -1;

  constructor(most: number, keepGone: number) {
    this.#places = new UnitPlaces([{ name: '*', isPattern: true }], most, keepGone);
  }

  start(name: string, executable = 'worker'): void {
    const booked = this.#places.admit(name, '*', this.#tick + 1);
    const serial = ++this.started;
    const place = this.#places.names.indexOf(booked);
    const slot = this.#columns.take(serial, serial, executable, this.#tick + 1);
    this.#running.set(name, { place, serial, slot, nanos: 0, isOver: false });
  }

  /** Uses CPU, which the next sample reads. */
  work(name: string, nanos: number): void {
    const running = this.#running.get(name)!;
    running.nanos += nanos;
    this.readSeconds += nanos / 1e9;
  }

  /** Call right after a sample, so that no CPU is unread. */
  stop(name: string): void {
    this.#running.get(name)!.isOver = true;
    this.#places.leave(name, this.#tick + 1);
  }

  sample(): Sample {
    this.#tick++;
    const rows = this.#columns.turn();
    for (let slot = 0; slot < CAPACITY; slot++) {
      if (rows.state[slot] !== ROW_ENDED) continue;
      rows.state[slot] = ROW_EMPTY;
      rows.serial[slot] = 0;
      this.#columns.leave(slot);
    }
    const slots: number[] = [];
    const instances: InstanceReading[] = [];
    for (const [name, { slot, serial, place, nanos, isOver }] of this.#running) {
      slots.push(slot);
      this.#columns.set(slot, { serial, pid: serial, unit: place, ppid: 0, nanos, isOver });
      if (isOver) {
        this.#running.delete(name);
        continue;
      }
      rows.memoryBytes[slot] = 1e6;
      instances.push({
        serial,
        unit: place,
        cgroup: `/system.slice/${name}`,
        bornWatched: true,
        startCpuSeconds: 0,
        cpuSeconds: nanos / 1e9,
        figures: this.figures,
      });
    }
    return {
      ...this.#columns.sample(this.#tick, slots),
      units: this.#places.names,
      origins: this.#places.origins,
      instances,
      ended: this.#places.names.map((name) => this.removed.get(name) ?? null),
    };
  }
}
