import { type CgroupFigures, NO_GAUGES, NO_NON_ADDITIVE_GAUGES } from '../../src/host/cgroup/figures.ts';
import { Recorder } from '../../src/recording/recorder.ts';
import { dropEnded } from '../../src/recording/row-columns.ts';
import { NO_EXITS } from '../../src/sampling/exit-records.ts';
import {
  ORIGIN_BASELINE,
  ORIGIN_BIRTH,
  ProcessColumns,
  ROW_ALIVE,
  ROW_EMPTY,
  ROW_ENDED,
} from '../../src/sampling/process-columns.ts';
import { NO_EVENTS } from '../../src/sampling/process-events.ts';
import type { ProcessIdentity, Sample } from '../../src/sampling/sample.ts';
import { cgroupFigures, disk } from '../ledger/cgroup-figures.ts';
import { changedRows } from '../ledger/changed-rows.ts';

/** Parameters of a recording. */
export interface SimulatedRun {
  readonly processes: number;
  readonly samples: number;
  readonly intervalSeconds: number;
  readonly startedUnixMillis: number;
  /** Names of processes, used in turn. */
  readonly names: readonly string[];
  /** Share of the processes that work in a sample. */
  readonly busy: number;
}

const NANOS = 1e9;

/** A service with a main process and workers, some of them short-lived, with realistic values. */
export class SimulatedService {
  readonly #run: SimulatedRun;
  #random = 12345;
  #rows: ProcessColumns;
  #other: ProcessColumns;
  readonly #identities: (ProcessIdentity | undefined)[] = [];
  /** Load of each process, by slot. */
  readonly #drive: number[] = [];
  #slots: number[] = [];
  #serial = 0;
  #tick = -1;
  #cpuNanos = 0;
  #lostNanos = 0;
  #throttledSeconds = 0;
  #pressures = [0, 0, 0];
  #oomKills = 0;
  #writtenBytes = 0;
  #instance = 1;

  constructor(run: SimulatedRun) {
    this.#run = run;
    this.#rows = new ProcessColumns(run.processes + 64);
    this.#other = new ProcessColumns(run.processes + 64);
    for (let i = 0; i < run.processes; i++) this.#begin(i, ORIGIN_BASELINE, 0);
  }

  /** Records the whole run. */
  async record(path: string): Promise<void> {
    const { startedUnixMillis, intervalSeconds, samples } = this.#run;
    const recorder = new Recorder({
      path,
      head: {
        run: 'simulated',
        part: 0,
        program: '0.0.0',
        hostName: 'web-1',
        osVersion: null,
        hostId: '0123456789abcdef0123456789abcdef',
        startedUnixMillis,
        startedAtSeconds: 0,
        intervalSeconds,
        exportIntervalSeconds: 10,
        summaryRows: 10_000,
        processDetails: [],
      },
      mostFileBytes: 2 ** 30,
      mostFiles: 1,
      fail: (reason) => {
        throw new Error(reason);
      },
    }).open();
    const progress = {
      missedSamples: 0,
      stretchedSamples: 0,
      exitRecords: null,
      processEvents: null,
      export: null,
    };
    for (let tick = 0; tick < samples; tick++) {
      recorder.record({
        sample: this.sample(),
        exits: NO_EXITS,
        events: NO_EVENTS,
        closesWindow: false,
        progress,
      });
      if (tick % 240 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    await recorder.close(startedUnixMillis + samples * intervalSeconds * 1000, progress);
  }

  /** The next sample. */
  sample(): Sample {
    this.#tick++;
    const { intervalSeconds, startedUnixMillis, busy } = this.#run;
    const rows = this.#other;
    this.#other = this.#rows;
    this.#rows = rows;
    rows.copyFrom(this.#other);
    const slots = this.#slots;
    this.#slots = dropEnded(slots, rows);
    for (const slot of slots) if (rows.state[slot] === ROW_EMPTY) this.#identities[slot] = undefined;
    const seconds = this.#tick * intervalSeconds;
    const wave = 1 + 0.8 * Math.sin(seconds / 97) + (seconds % 600 < 40 ? 2 : 0);
    for (const slot of this.#slots) {
      if (this.#tick > 0 && this.#next() < busy) this.#work(rows, slot, wave);
      const mayEnd = slot > 4 && this.#identities[slot]!.name !== this.#run.names[0];
      if (mayEnd && this.#next() < 0.0008) {
        rows.state[slot] = ROW_ENDED;
        if (this.#next() < 0.06) this.#oomKills++;
      }
    }
    for (let slot = 0; slot < this.#run.processes && this.#tick > 0; slot++) {
      if (rows.state[slot] === ROW_EMPTY && this.#next() < 0.05) this.#begin(slot, ORIGIN_BIRTH, seconds);
    }
    if (this.#tick === 700) this.#oomKills++;
    const lost = Math.round(0.01 * wave * intervalSeconds * NANOS);
    this.#lostNanos += lost;
    this.#cpuNanos += lost;
    this.#throttledSeconds += wave > 2.4 ? 0.4 * intervalSeconds : 0;
    for (const [at, share] of [0.05, 0.005, 0.03].entries())
      this.#pressures[at]! += share * wave * wave * this.#next() * intervalSeconds;
    return {
      tick: this.#tick,
      atSeconds: seconds,
      unixMillis: startedUnixMillis + 1000 * seconds,
      units: UNITS,
      origins: ORIGINS,
      instances: [
        {
          serial: this.#instance,
          unit: 0,
          cgroup: '/system.slice/shop.service',
          bornWatched: false,
          startCpuSeconds: 0,
          cpuSeconds: this.#cpuNanos / NANOS,
          figures: seconds % 5 === 0 ? this.#figures(rows) : null,
        },
      ],
      ended: [null],
      outsideParents: [],
      rows,
      slots: Int32Array.from(this.#slots),
      count: this.#slots.length,
      ...changedRows(rows, this.#other, this.#slots),
      identities: this.#identities,
      details: null,
    };
  }

  #work(rows: ProcessColumns, slot: number, wave: number): void {
    const { intervalSeconds } = this.#run;
    this.#drive[slot] = Math.max(0.001, this.#drive[slot]! * (0.9 + 0.2 * this.#next()));
    if (this.#drive[slot]! > 0.6) this.#drive[slot] = 0.1;
    const cores = Math.min(1, this.#drive[slot]! * wave * (0.5 + this.#next()));
    const used = Math.round(cores * intervalSeconds * NANOS);
    rows.cpuNanos[slot]! += used;
    this.#cpuNanos += used;
    if (slot === 0) {
      const reaped = Math.round(2 * wave * this.#next()) * 1e7;
      rows.reapedNanos[slot]! += reaped;
      this.#cpuNanos += reaped;
    }
    rows.memoryBytes[slot] = Math.max(
      4e6,
      Math.round((rows.memoryBytes[slot]! * (0.995 + 0.0102 * this.#next())) / 4096) * 4096,
    );
    const bytes = Math.round(this.#drive[slot]! * 4e6 * this.#next() * intervalSeconds);
    if (slot % 3 === 0) {
      rows.writeBytes[slot]! += bytes;
      this.#writtenBytes += bytes;
    }
    rows.readChars[slot]! += 3 * bytes;
    rows.writeChars[slot]! += Math.round(bytes * (1 + this.#next()));
  }

  #begin(slot: number, origin: number, seconds: number): void {
    const { names, startedUnixMillis } = this.#run;
    const serial = ++this.#serial;
    const pid = 1000 + serial;
    const rows = this.#rows;
    rows.begin(slot, serial, pid, 0);
    rows.state[slot] = ROW_ALIVE;
    rows.origin[slot] = origin;
    rows.ppid[slot] = slot === 0 ? 1 : slot < 5 ? 1001 : (this.#identities[slot % 5]?.pid ?? 1001);
    rows.cpuNanos[slot] = 0;
    rows.reapedNanos[slot] = 0;
    rows.memoryBytes[slot] = Math.round((8e6 + 6e7 * this.#next() ** 3) / 4096) * 4096;
    for (const column of [
      'readBytes',
      'writeBytes',
      'cancelledWriteBytes',
      'readChars',
      'writeChars',
    ] as const)
      rows[column][slot] = 0;
    this.#drive[slot] = 0.002 + 0.3 * this.#next() ** 5;
    this.#slots.push(slot);
    const name = names[slot % names.length]!;
    const born = Math.max(0, seconds - 0.1);
    this.#identities[slot] = {
      serial,
      pid,
      startTicks: 1000 + 100 * seconds + serial / 1e6,
      bornAtSeconds: born,
      startedUnixMillis: startedUnixMillis + (origin === ORIGIN_BIRTH ? 1000 * born : -60_000 + 10 * serial),
      name,
      title: null,
      executable: name,
      command: null,
      subCgroup: '',
    };
  }

  #figures(rows: ProcessColumns): CgroupFigures {
    const resident = this.#slots.reduce((sum, slot) => sum + rows.memoryBytes[slot]!, 0);
    const [cpu = 0, memory = 0, io = 0] = this.#pressures;
    return cgroupFigures({
      counters: {
        throttledPeriods: Math.round(this.#throttledSeconds * 10),
        throttledSeconds: this.#throttledSeconds,
        memoryOomKills: this.#oomKills,
        memoryMaxEvents: 3 * this.#oomKills,
        cpuPressureSomeSeconds: cpu,
        memoryPressureSomeSeconds: memory,
        ioPressureSomeSeconds: io,
      },
      levels: { ...NO_GAUGES, memoryBytes: resident * 1.12 },
      heights: { ...NO_NON_ADDITIVE_GAUGES, memoryPeakBytes: resident * 1.2 },
      disks: [disk('8:0', this.#writtenBytes)],
    });
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }
}

const UNITS = ['shop.service'];
const ORIGINS = [{ serial: 1, kind: 'named', pattern: null }] as const;
