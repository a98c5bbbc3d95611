import { grown } from './grown.ts';

/** CPU clock reads between two stamps; one read of `stat` takes as long as all of them. */
const READINGS = 32;
const FIRST_CAPACITY = 16;
const MICROS = 1e6;

/**
 * Times of the reads within one sample: stamps of the monotonic clock, in order. A read is identified by the number of
 * the stamp before it, so it lies between that stamp and the next. Stamp 0 is the sample's own time, used for values
 * that were not read because they cannot have changed.
 */
export interface ReadTimes {
  /** Whole microseconds since the sample's time, rounded down; the first is 0. */
  readonly micros: Float64Array;
  readonly count: number;
}

/** Takes stamps while a sample is read. One stamp for each read would cost as much as the read. */
export class ReadStamps implements ReadTimes {
  micros = new Float64Array(FIRST_CAPACITY);
  count = 1;
  #atSeconds = 0;
  #nowSeconds: (() => number) | undefined;
  #readings = 0;

  /** Without `nowSeconds` no stamps are taken: all reads count as made at the sample's time. */
  begin(atSeconds: number, nowSeconds: (() => number) | undefined): void {
    this.#atSeconds = atSeconds;
    this.#nowSeconds = nowSeconds;
    this.count = 1;
    this.#readings = 0;
  }

  /** Takes a stamp and returns its number: earlier reads lie before it, the next one after it. */
  take(): number {
    if (this.#nowSeconds === undefined) return 0;
    this.#readings = 0;
    if (this.count === this.micros.length) this.#grow();
    const micros = Math.floor((this.#nowSeconds() - this.#atSeconds) * MICROS);
    this.micros[this.count] = Math.max(micros, this.micros[this.count - 1]!);
    return this.count++;
  }

  /** Number of the stamp before the next CPU clock read. */
  beforeClock(): number {
    if (this.#readings >= READINGS) this.take();
    this.#readings++;
    return this.count - 1;
  }

  /** A file was read, which is slow: the next clock read gets a new stamp. */
  noteFile(): void {
    this.#readings = READINGS;
  }

  #grow(): void {
    this.micros = grown(this.micros, this.micros.length * 2);
  }
}

/** The part of a sample that holds read times. */
interface Read {
  readonly atSeconds: number;
  readonly readTimes?: ReadTimes | null;
}

/** A time at or before a read; `stamp`: number of the stamp before the read. */
export function timeBefore({ atSeconds, readTimes }: Read, stamp: number): number {
  if (stamp === 0 || !readTimes || stamp >= readTimes.count) return atSeconds;
  return atSeconds + readTimes.micros[stamp]! / MICROS;
}

/** A time at or after the same read. */
export function timeAfter({ atSeconds, readTimes }: Read, stamp: number): number {
  if (stamp === 0 || !readTimes || stamp + 1 >= readTimes.count) return atSeconds;
  // Stamps are rounded down.
  return atSeconds + (readTimes.micros[stamp + 1]! + 1) / MICROS;
}

/** A time after all reads of a sample. */
export function timeAfterAll({ atSeconds, readTimes }: Read): number {
  if (!readTimes || readTimes.count < 2) return atSeconds;
  return atSeconds + (readTimes.micros[readTimes.count - 1]! + 1) / MICROS;
}
