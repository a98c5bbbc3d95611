import { IO_COUNTERS } from '../../host/proc/io.ts';
import { grown } from '../../sampling/grown.ts';
import { type ProcessColumns, ROW_ZOMBIE } from '../../sampling/process-columns.ts';
import type { Deltas } from '../measuring/deltas.ts';
import {
  AT_SECONDS,
  BOOKING,
  CPU_SECONDS,
  FigureRows,
  HIGHEST,
  HIGHEST_AT_SECONDS,
  INTEGRAL,
  IO_BYTES,
  IO_RATES,
  IO_SECONDS,
  IS_ZOMBIE,
  LOWEST,
  MEMORY_BUCKET,
  MEMORY_BYTES,
  MEMORY_RATES,
  MEMORY_RUN,
  MEMORY_SECONDS,
  OBSERVED_SECONDS,
  PEAK_MEMORY_BYTES,
  PLACES,
  PPID,
  RATE_TICKS,
  RATES,
  REAPED_SECONDS,
  SAMPLES,
  STATISTIC,
  STATISTICS,
  SYSTEM_TICKS,
  THREADS,
  USER_TICKS,
} from './figure-rows.ts';
import {
  CPU_PERCENT,
  DISK_RATE,
  MEMORY,
  type ProcessSketches,
  TRANSFER_RATE,
  WaitingSamples,
} from './process-sketches.ts';
import { bucketOf } from './quantile-sketch.ts';

/** Values of all existing processes, by slot, and the booking of a tick. */
export class FigureTable extends FigureRows {
  #capacity = 0;
  readonly #samples = new WaitingSamples();
  readonly #leastRateSeconds: number;
  #secondsBefore = 0;
  #rateTicksBefore = 0;

  /** Rates over less than `leastRateSeconds` count for means only. */
  constructor(leastRateSeconds = 0) {
    super(new Float64Array(0), 0, 0, 0);
    this.#leastRateSeconds = leastRateSeconds;
  }

  /** Begins a tick and makes room for slots up to `capacity`. */
  beginTick(atSeconds: number, capacity: number): void {
    this.booking++;
    this.#secondsBefore = this.atSeconds;
    this.#rateTicksBefore = this.rateTicks;
    if (atSeconds - this.#secondsBefore >= this.#leastRateSeconds) this.rateTicks++;
    this.atSeconds = atSeconds;
    if (capacity <= this.#capacity) return;
    this.values = grown(this.values, capacity * PLACES);
    this.#capacity = capacity;
    this.#samples.grow(capacity);
  }

  /** Resets the slot for a new process. */
  begin(slot: number): void {
    const { values } = this;
    const at = slot * PLACES;
    values.fill(0, at, at + PLACES);
    values[at + BOOKING] = this.booking - 1;
    values[at + RATE_TICKS] = this.#rateTicksBefore;
    values[at + MEMORY_BYTES] = Number.NaN;
    values[at + PEAK_MEMORY_BYTES] = Number.NaN;
    values[at + MEMORY_BUCKET] = Number.NaN;
    values.fill(Number.NaN, at + IO_BYTES, at + IO_BYTES + IO_COUNTERS.length);
    for (let kind = CPU_PERCENT; kind <= TRANSFER_RATE; kind++) {
      values[at + STATISTICS + kind * STATISTIC + LOWEST] = Number.POSITIVE_INFINITY;
      values[at + STATISTICS + kind * STATISTIC + HIGHEST] = Number.NEGATIVE_INFINITY;
    }
    this.#samples.begin(slot);
  }

  /** Removes the values of a process that leaves its slot, as of the last tick in which it was booked or idle. */
  take(slot: number): { readonly figures: FigureRows; readonly sketches: ProcessSketches | null } {
    const at = slot * PLACES;
    this.#bookRest(at);
    this.#countMemory(slot, at);
    const values = this.values.slice(at, at + PLACES);
    return {
      figures: new FigureRows(values, values[BOOKING]!, values[AT_SECONDS]!, values[RATE_TICKS]!),
      sketches: this.#samples.take(slot),
    };
  }

  /** Restores the values from `take` when a process returns to its slot; the time in between is not counted. */
  putBack(slot: number, figures: FigureRows, sketches: ProcessSketches | null): void {
    const at = slot * PLACES;
    figures.copyTo(this.values, at);
    this.values[at + BOOKING] = this.booking - 1;
    this.values[at + AT_SECONDS] = this.#secondsBefore;
    this.values[at + RATE_TICKS] = this.#rateTicksBefore;
    this.values[at + MEMORY_BYTES] = Number.NaN;
    this.values[at + MEMORY_BUCKET] = Number.NaN;
    this.#samples.putBack(slot, sketches);
  }

  /** Distributions of a process that stays. */
  sketchesOf(slot: number): ProcessSketches {
    const at = slot * PLACES;
    const { values } = this;
    if (!Number.isNaN(values[at + MEMORY_BYTES]!)) {
      // Idle time is booked when the process becomes active; the samples counted here are subtracted then.
      const rested = this.booking - values[at + BOOKING]!;
      values[at + MEMORY_RUN]! += rested;
      this.#countMemory(slot, at);
      values[at + MEMORY_RUN] = -rested;
    }
    return this.#samples.sketchesOf(slot);
  }

  /** Books the usage of the row in `slot` in the current tick. */
  book(slot: number, deltas: Deltas, rows: ProcessColumns): void {
    const { values } = this;
    const at = slot * PLACES;
    this.#bookRest(at);
    values[at + BOOKING] = this.booking;
    values[at + AT_SECONDS] = this.atSeconds;
    values[at + RATE_TICKS] = this.rateTicks;
    values[at + SAMPLES]!++;
    values[at + PPID] = rows.ppid[slot]!;
    values[at + THREADS] = rows.threads[slot]!;
    values[at + IS_ZOMBIE] = rows.state[slot] === ROW_ZOMBIE ? 1 : 0;
    values[at + USER_TICKS] = rows.userTicks[slot]!;
    values[at + SYSTEM_TICKS] = rows.systemTicks[slot]!;
    const cpuSeconds = deltas.cpuSeconds[slot]!;
    values[at + CPU_SECONDS]! += cpuSeconds;
    values[at + REAPED_SECONDS]! += deltas.reapedCpuSeconds[slot]!;
    const rateSeconds = deltas.rateSeconds[slot]!;
    // Late charges vanish in means over long intervals but dominate short ones.
    const seconds = rateSeconds < this.#leastRateSeconds ? rateSeconds : deltas.observedSeconds[slot]!;
    if (seconds > 0) {
      values[at + OBSERVED_SECONDS]! += seconds;
      if (rateSeconds >= this.#leastRateSeconds) values[at + RATES]!++;
      this.#addRate(slot, at, CPU_PERCENT, 100 * cpuSeconds, rateSeconds);
    }
    this.#bookMemory(slot, at, deltas.memoryBytes[slot]!, seconds);
    if (!Number.isNaN(deltas.diskBytes[slot]!)) this.#bookBytes(slot, at, deltas, seconds);
  }

  /** Books the idle ticks since the last booking. */
  #bookRest(at: number): void {
    const { values } = this;
    const rested = this.booking - 1 - values[at + BOOKING]!;
    if (rested <= 0) return;
    const seconds = this.#secondsBefore - values[at + AT_SECONDS]!;
    const rates = this.#rateTicksBefore - values[at + RATE_TICKS]!;
    values[at + RATE_TICKS] = this.#rateTicksBefore;
    values[at + BOOKING]! += rested;
    values[at + AT_SECONDS] = this.#secondsBefore;
    values[at + SAMPLES]! += rested;
    values[at + OBSERVED_SECONDS]! += seconds;
    values[at + RATES]! += rates;
    if (rates > 0) values[at + STATISTICS + CPU_PERCENT * STATISTIC + LOWEST] = 0;
    const memoryBytes = values[at + MEMORY_BYTES]!;
    if (!Number.isNaN(memoryBytes)) {
      values[at + MEMORY_SECONDS]! += seconds;
      values[at + MEMORY_RATES]! += rested;
      values[at + MEMORY_RUN]! += rested;
      values[at + STATISTICS + MEMORY * STATISTIC + INTEGRAL]! += memoryBytes * seconds;
    }
    if (Number.isNaN(values[at + IO_BYTES]!)) return;
    values[at + IO_SECONDS]! += seconds;
    values[at + IO_RATES]! += rates;
    if (rates === 0) return;
    values[at + STATISTICS + DISK_RATE * STATISTIC + LOWEST] = 0;
    values[at + STATISTICS + TRANSFER_RATE * STATISTIC + LOWEST] = 0;
  }

  #addRate(slot: number, at: number, kind: number, amount: number, seconds: number): void {
    const { values } = this;
    const statistic = at + STATISTICS + kind * STATISTIC;
    const rate = amount / seconds;
    values[statistic + INTEGRAL]! += amount;
    if (seconds < this.#leastRateSeconds) {
      if (values[statistic + HIGHEST] === Number.NEGATIVE_INFINITY)
        values[statistic + HIGHEST_AT_SECONDS] = this.atSeconds;
      return;
    }
    this.#extend(statistic, rate);
    if (!(rate > 0)) return;
    this.#samples.add(slot, kind, bucketOf(rate), 1);
  }

  #extend(statistic: number, value: number): void {
    const { values } = this;
    if (value < values[statistic + LOWEST]!) values[statistic + LOWEST] = value;
    if (!(value > values[statistic + HIGHEST]!)) return;
    values[statistic + HIGHEST] = value;
    values[statistic + HIGHEST_AT_SECONDS] = this.atSeconds;
  }

  #bookMemory(slot: number, at: number, memoryBytes: number, seconds: number): void {
    const { values } = this;
    const before = values[at + MEMORY_BYTES]!;
    values[at + MEMORY_BYTES] = memoryBytes;
    if (Number.isNaN(memoryBytes)) return;
    if (!(memoryBytes <= values[at + PEAK_MEMORY_BYTES]!)) values[at + PEAK_MEMORY_BYTES] = memoryBytes;
    if (seconds === 0) return;
    const statistic = at + STATISTICS + MEMORY * STATISTIC;
    this.#extend(statistic, memoryBytes);
    values[statistic + INTEGRAL]! += memoryBytes * seconds;
    values[at + MEMORY_SECONDS]! += seconds;
    values[at + MEMORY_RATES]!++;
    // Memory rarely leaves its bucket, so runs of samples are counted.
    if (memoryBytes !== before || Number.isNaN(values[at + MEMORY_BUCKET]!)) {
      const bucket = memoryBytes === 0 ? Number.NEGATIVE_INFINITY : bucketOf(memoryBytes);
      if (bucket !== values[at + MEMORY_BUCKET]!) this.#countMemory(slot, at);
      values[at + MEMORY_BUCKET] = bucket;
    }
    values[at + MEMORY_RUN]!++;
  }

  /** Counts the run of samples in which the memory stayed in one bucket. */
  #countMemory(slot: number, at: number): void {
    const { values } = this;
    const bucket = values[at + MEMORY_BUCKET]!;
    if (Number.isFinite(bucket)) this.#samples.add(slot, MEMORY, bucket, values[at + MEMORY_RUN]!);
    values[at + MEMORY_RUN] = 0;
  }

  #bookBytes(slot: number, at: number, deltas: Deltas, seconds: number): void {
    const { values } = this;
    const first = at + IO_BYTES;
    if (Number.isNaN(values[first]!)) values.fill(0, first, first + IO_COUNTERS.length);
    for (let i = 0; i < deltas.io.length; i++) values[first + i]! += deltas.io[i]![slot]!;
    if (seconds === 0) return;
    values[at + IO_SECONDS]! += seconds;
    const rateSeconds = deltas.rateSeconds[slot]!;
    if (rateSeconds >= this.#leastRateSeconds) values[at + IO_RATES]!++;
    this.#addRate(slot, at, DISK_RATE, deltas.diskBytes[slot]!, rateSeconds);
    this.#addRate(slot, at, TRANSFER_RATE, deltas.transferBytes[slot]!, rateSeconds);
  }
}
