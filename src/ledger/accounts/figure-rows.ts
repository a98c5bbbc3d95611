import { IO_COUNTERS } from '../../host/proc/io.ts';
import { CPU_PERCENT, MEMORY } from './process-sketches.ts';
import {
  LATE_PERCENT_SECONDS,
  type MinMaxAvg,
  minMaxAvg,
  percentileBeside,
  type SummaryStats,
} from './summary-stats.ts';

/** Indexes of a process's values in its row of numbers. First: number and time of its last booking. */
export const BOOKING = 0;
export const AT_SECONDS = 1;
export const SAMPLES = 2;
/** Seconds for which its rates are known, and number of rate samples. */
export const OBSERVED_SECONDS = 3;
export const RATES = 4;
export const CPU_SECONDS = 5;
export const REAPED_SECONDS = 6;
/** RSS as last read, and its peak; NaN if unknown. */
export const MEMORY_BYTES = 7;
export const PEAK_MEMORY_BYTES = 8;
export const USER_TICKS = 9;
export const SYSTEM_TICKS = 10;
export const PPID = 11;
export const THREADS = 12;
export const IS_ZOMBIE = 13;
/** Seconds and samples for which its `io`, and its memory, were known. */
export const IO_SECONDS = 14;
export const IO_RATES = 15;
export const MEMORY_SECONDS = 16;
export const MEMORY_RATES = 17;
/** The last bucket of its memory (NaN: none yet), and the number of consecutive samples in that bucket. */
export const MEMORY_BUCKET = 18;
export const MEMORY_RUN = 19;
/** Number of ticks up to its last booking that were long enough for rates. */
export const RATE_TICKS = 20;
/** First of the counters of `/proc/PID/io`, in the order of `IO_COUNTERS`; NaN until `io` has been read. */
export const IO_BYTES = 21;
/** By kind: minimum, maximum, time of the first maximum, integral over time. */
export const STATISTICS = IO_BYTES + IO_COUNTERS.length;
export const LOWEST = 0;
export const HIGHEST = 1;
export const HIGHEST_AT_SECONDS = 2;
export const INTEGRAL = 3;
export const STATISTIC = 4;
export const PLACES = STATISTICS + 4 * STATISTIC;

const SECONDS_OF = [OBSERVED_SECONDS, MEMORY_SECONDS, IO_SECONDS, IO_SECONDS];
const RATES_OF = [RATES, MEMORY_RATES, IO_RATES, IO_RATES];

/**
 * Values of processes, in adjacent rows of numbers. An idle process is not booked: its idle time follows from the time
 * of its last booking and of the newest booking of any process.
 */
export class FigureRows {
  protected values: Float64Array;
  /** Number and time of the newest booking. */
  protected booking: number;
  protected atSeconds: number;
  /** Number of ticks so far that were long enough for rates. */
  protected rateTicks: number;

  constructor(values: Float64Array, booking: number, atSeconds: number, rateTicks: number) {
    this.rateTicks = rateTicks;
    this.values = values;
    this.booking = booking;
    this.atSeconds = atSeconds;
  }

  get(row: number, place: number): number {
    const at = row * PLACES;
    const value = this.values[at + place]!;
    if (place === SAMPLES) return value + this.booking - this.values[at + BOOKING]!;
    if (place === OBSERVED_SECONDS) return value + this.#restedSeconds(at);
    return value;
  }

  /** Copies the first row into `values`, starting at index `at`. */
  copyTo(values: Float64Array, at: number): void {
    values.set(this.values.subarray(0, PLACES), at);
  }

  set(row: number, place: number, value: number): void {
    this.values[row * PLACES + place] = value;
  }

  /** Minimum, maximum and mean of a kind; null without intervals. */
  withoutPercentiles(row: number, kind: number): MinMaxAvg | null {
    const at = row * PLACES;
    const { values } = this;
    const statistic = at + STATISTICS + kind * STATISTIC;
    let seconds = values[at + SECONDS_OF[kind]!]!;
    if (seconds === 0) return null;
    let min = values[statistic + LOWEST]!;
    const max = values[statistic + HIGHEST]!;
    let integral = values[statistic + INTEGRAL]!;
    if (this.#rests(at, kind)) {
      const rested = this.#restedSeconds(at);
      seconds += rested;
      if (kind === MEMORY) integral += values[at + MEMORY_BYTES]! * rested;
      else if (this.rateTicks > values[at + RATE_TICKS]!) min = 0;
    }
    return minMaxAvg(min, max, integral, seconds, kind === CPU_PERCENT ? LATE_PERCENT_SECONDS : 0);
  }

  /**
   * The same with the 95th percentile, computed on access. `p95` returns the sketch's percentile, NaN without samples.
   */
  stats(row: number, kind: number, p95: () => number): SummaryStats | null {
    const extremes = this.withoutPercentiles(row, kind);
    if (extremes === null) return null;
    const statistic = row * PLACES + STATISTICS + kind * STATISTIC;
    return new BookedStats(extremes, this.values[statistic + HIGHEST_AT_SECONDS]!, () =>
      percentileBeside(extremes, p95(), this.counted(row, kind)),
    );
  }

  /** Number of samples of a kind. */
  counted(row: number, kind: number): number {
    const at = row * PLACES;
    let rested = 0;
    if (this.#rests(at, kind)) {
      rested =
        kind === MEMORY
          ? this.booking - this.values[at + BOOKING]!
          : this.rateTicks - this.values[at + RATE_TICKS]!;
    }
    return this.values[at + RATES_OF[kind]!]! + rested;
  }

  /** Whether there are samples of a kind that are not booked yet. */
  #rests(at: number, kind: number): boolean {
    const isKnown = kind !== MEMORY || !Number.isNaN(this.values[at + MEMORY_BYTES]!);
    return isKnown && this.booking > this.values[at + BOOKING]!;
  }

  #restedSeconds(at: number): number {
    return this.booking > this.values[at + BOOKING]! ? this.atSeconds - this.values[at + AT_SECONDS]! : 0;
  }
}

/** Computes the percentile on access: it walks through a distribution, and most readers need only extremes or mean. */
class BookedStats implements SummaryStats {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly maxAtSeconds: number;
  readonly #p95: () => number;

  constructor({ min, max, avg }: MinMaxAvg, maxAtSeconds: number, p95: () => number) {
    this.min = min;
    this.max = max;
    this.avg = avg;
    this.maxAtSeconds = maxAtSeconds;
    this.#p95 = p95;
  }

  get p95(): number {
    return this.#p95();
  }
}
