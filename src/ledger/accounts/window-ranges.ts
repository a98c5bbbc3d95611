import type { Deltas } from '../measuring/deltas.ts';

/** Minimum and maximum over the samples of a window. */
export interface Range {
  readonly lowest: number;
  readonly highest: number;
}

/** Ranges of one process; null if the window has no sample. */
export interface ProcessRanges {
  readonly cpuCores: Range | null;
  readonly memoryBytes: Range | null;
  readonly diskBytesPerSecond: Range | null;
  readonly transferBytesPerSecond: Range | null;
}

/** Ranges of one unit; null if the window has no sample. */
export interface UnitRanges {
  readonly cpuCores: Range | null;
  /** Resident memory of all its processes. */
  readonly residentBytes: Range | null;
}

class WindowRange {
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;

  /** NaN is ignored. */
  add(value: number): void {
    if (value < this.#lowest) this.#lowest = value;
    if (value > this.#highest) this.#highest = value;
  }

  get now(): Range | null {
    if (this.#lowest > this.#highest) return null;
    return { lowest: this.#lowest, highest: this.#highest };
  }

  reset(): void {
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#highest = Number.NEGATIVE_INFINITY;
  }
}

/** Ranges of one process over the current window. */
export class ProcessRangesAccount {
  readonly #cpu = new WindowRange();
  readonly #memory = new WindowRange();
  readonly #disk = new WindowRange();
  readonly #transfer = new WindowRange();

  readonly #leastRateSeconds: number;

  /** Rates over less than `leastRateSeconds` are ignored. */
  constructor(leastRateSeconds = 0) {
    this.#leastRateSeconds = leastRateSeconds;
  }

  /** Adds the row in `slot` in the current tick. */
  add(deltas: Deltas, slot: number): void {
    this.#memory.add(deltas.memoryBytes[slot]!);
    const seconds = deltas.rateSeconds[slot]!;
    if (!(seconds > 0 && seconds >= this.#leastRateSeconds)) return;
    this.#cpu.add(deltas.cpuSeconds[slot]! / seconds);
    this.#disk.add(deltas.diskBytes[slot]! / seconds);
    this.#transfer.add(deltas.transferBytes[slot]! / seconds);
  }

  get now(): ProcessRanges {
    return {
      cpuCores: this.#cpu.now,
      memoryBytes: this.#memory.now,
      diskBytesPerSecond: this.#disk.now,
      transferBytesPerSecond: this.#transfer.now,
    };
  }

  /**
   * The process existed for a part of the window only: it used nothing in the remainder, consistent with the window's
   * mean.
   */
  addAbsence(): void {
    for (const range of [this.#cpu, this.#disk, this.#transfer]) if (range.now !== null) range.add(0);
  }

  reset(): void {
    this.#cpu.reset();
    this.#memory.reset();
    this.#disk.reset();
    this.#transfer.reset();
  }
}

/** Ranges of one unit over the current window. */
export class UnitRangesAccount {
  readonly #cpu = new WindowRange();
  readonly #resident = new WindowRange();
  #ticks = 0;

  /** Ends a tick of `seconds` (0: no rate) in which the unit used `cpuSeconds`. */
  endTick(cpuSeconds: number, residentBytes: number, seconds: number, present: boolean): void {
    this.#ticks++;
    if (seconds > 0) this.#cpu.add(cpuSeconds / seconds);
    if (present) this.#resident.add(residentBytes);
  }

  /** Ranges over a window of `ticks`. Before the unit existed it used nothing, consistent with the window's mean. */
  of(ticks: number): UnitRanges {
    if (this.#ticks < ticks) this.#cpu.add(0);
    return { cpuCores: this.#cpu.now, residentBytes: this.#resident.now };
  }

  reset(): void {
    this.#ticks = 0;
    this.#cpu.reset();
    this.#resident.reset();
  }
}
