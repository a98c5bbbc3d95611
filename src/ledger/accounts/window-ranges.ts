import type { Deltas } from '../measuring/deltas.ts';

/** The lowest and the highest of a window's samples. */
export interface Range {
  readonly lowest: number;
  readonly highest: number;
}

/** Of one process; null where the window has no sample of a figure. */
export interface ProcessRanges {
  readonly cpuCores: Range | null;
  readonly memoryBytes: Range | null;
  readonly diskBytesPerSecond: Range | null;
  readonly transferBytesPerSecond: Range | null;
}

/** Of one unit; null where the window has no sample of a figure. */
export interface UnitRanges {
  readonly cpuCores: Range | null;
  /** Resident memory of its processes together. */
  readonly residentBytes: Range | null;
}

class WindowRange {
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;

  /** NaN is no sample. */
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

/** What one process did between two samples, over the window at hand. */
export class ProcessRangesAccount {
  readonly #cpu = new WindowRange();
  readonly #memory = new WindowRange();
  readonly #disk = new WindowRange();
  readonly #transfer = new WindowRange();

  readonly #leastRateSeconds: number;

  /** Rates over less than `leastRateSeconds` are no samples. */
  constructor(leastRateSeconds = 0) {
    this.#leastRateSeconds = leastRateSeconds;
  }

  /** Takes a tick's figures of the row in `slot`. */
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

  /** The process was there for a part of the window only: in the rest of it, it used nothing, as the window's mean has it. */
  addAbsence(): void {
    for (const range of [this.#cpu, this.#disk, this.#transfer]) if (range.now !== null) range.add(0);
  }

  /** A new window begins. */
  reset(): void {
    this.#cpu.reset();
    this.#memory.reset();
    this.#disk.reset();
    this.#transfer.reset();
  }
}

/** What one unit did between two samples, over the window at hand. */
export class UnitRangesAccount {
  readonly #cpu = new WindowRange();
  readonly #resident = new WindowRange();
  #ticks = 0;

  /** Ends a tick of `seconds` (0: it has no rate), in which the unit used `cpuSeconds`. */
  endTick(cpuSeconds: number, residentBytes: number, seconds: number, present: boolean): void {
    this.#ticks++;
    if (seconds > 0) this.#cpu.add(cpuSeconds / seconds);
    if (present) this.#resident.add(residentBytes);
  }

  /** Of a window of so many ticks. In those before there was such a unit it used nothing, as the window's mean has it. */
  of(ticks: number): UnitRanges {
    if (this.#ticks < ticks) this.#cpu.add(0);
    return { cpuCores: this.#cpu.now, residentBytes: this.#resident.now };
  }

  /** A new window begins. */
  reset(): void {
    this.#ticks = 0;
    this.#cpu.reset();
    this.#resident.reset();
  }
}
