import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { processesBelow } from '../systemd/cgroup.ts';

/** Seconds between two readings. */
const EVERY_SECONDS = 0.05;
const PAGE_BYTES = 4096;

/** The kernel's data of one unit at one time; counters cover all its cgroups. */
export interface UnitMoment {
  readonly atSeconds: number;
  readonly cpuSeconds: number;
  readonly processes: number;
  readonly residentBytes: number;
  readonly starts: number;
}

/** Usage of units by the kernel's data of their cgroups in a slice, read continuously. */
export class UnitTruth {
  readonly #slice: string;
  readonly #moments = new Map<string, UnitMoment[]>();
  /** By directory: its unit, and its usage at the last read. */
  readonly #last = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(slice: string) {
    this.#slice = slice;
    this.#read();
    this.#timer = setInterval(() => this.#read(), EVERY_SECONDS * 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** CPU of a unit between two times, in seconds since the epoch. */
  cpuBetween(unit: string, from: number, to: number): number {
    return this.#cpuAt(unit, to) - this.#cpuAt(unit, from);
  }

  /** Number of starts of a unit between two times. */
  startsBetween(unit: string, from: number, to: number): number {
    const startsAt = (at: number) => this.#of(unit).findLast(({ atSeconds }) => atSeconds <= at)?.starts ?? 0;
    return startsAt(to) - startsAt(from);
  }

  /** Mean of a value of a unit. */
  meanOf(unit: string, figure: 'processes' | 'residentBytes', from: number, to: number): number {
    const moments = this.#of(unit).filter(({ atSeconds }) => atSeconds >= from && atSeconds < to);
    return moments.reduce((sum, moment) => sum + moment[figure], 0) / Math.max(1, moments.length);
  }

  units(): string[] {
    return [...this.#moments.keys()];
  }

  #of(unit: string): readonly UnitMoment[] {
    return this.#moments.get(unit) ?? [];
  }

  /** Interpolates linearly between two reads. */
  #cpuAt(unit: string, at: number): number {
    const moments = this.#of(unit);
    const after = moments.findIndex(({ atSeconds }) => atSeconds > at);
    if (after === 0 || moments.length === 0) return 0;
    const before = moments.at(after === -1 ? -1 : after - 1)!;
    if (after === -1) return before.cpuSeconds;
    const next = moments[after]!;
    const share = (at - before.atSeconds) / (next.atSeconds - before.atSeconds);
    return before.cpuSeconds + share * (next.cpuSeconds - before.cpuSeconds);
  }

  #read(): void {
    const atSeconds = Date.now() / 1000;
    for (const unit of readdirSync(this.#slice)) {
      if (!unit.endsWith('.service')) continue;
      const directory = join(this.#slice, unit);
      try {
        const key = `${unit} ${statSync(directory).ino}`;
        const cpuSeconds =
          Number(/^usage_usec (\d+)/m.exec(readFileSync(join(directory, 'cpu.stat'), 'latin1'))![1]) / 1e6;
        this.#add(unit, key, atSeconds, cpuSeconds, processesBelow(directory));
      } catch (error) {
        // Removed in between.
        if (existsSync(directory)) throw error;
      }
    }
  }

  #add(unit: string, key: string, atSeconds: number, cpuSeconds: number, pids: readonly number[]): void {
    const moments = this.#moments.get(unit) ?? [];
    this.#moments.set(unit, moments);
    const before = moments.at(-1) ?? { cpuSeconds: 0, starts: 0 };
    const isNew = !this.#last.has(key);
    const grown = cpuSeconds - (this.#last.get(key) ?? 0);
    this.#last.set(key, cpuSeconds);
    moments.push({
      atSeconds,
      cpuSeconds: before.cpuSeconds + grown,
      processes: pids.length,
      residentBytes: pids.reduce((sum, pid) => sum + residentOf(pid), 0),
      starts: before.starts + (isNew ? 1 : 0),
    });
  }
}

function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
  } catch {
    // Ended in between.
    return 0;
  }
}
