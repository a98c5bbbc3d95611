/** Readings of CPU clocks between two stamps; a reading of `stat` takes as long as all of them. */
const READINGS = 32;
const FIRST_CAPACITY = 16;
const MICROS = 1e6;

/**
 * When the readings of one sample were made: stamps of the monotonic clock, in order. A reading is known by the number of the
 * stamp before it, so it lies between that one and the next. Number 0 is the sample's own time: of what is not read because
 * nothing has happened to it.
 */
export interface ReadTimes {
  /** Whole microseconds since the sample's own time, cut down; the first is 0. */
  readonly micros: Float64Array;
  readonly count: number;
}

/** Takes the stamps of a sample while it is read; a stamp for every reading would cost as much as the reading. */
export class ReadStamps implements ReadTimes {
  micros = new Float64Array(FIRST_CAPACITY);
  count = 1;
  #atSeconds = 0;
  #nowSeconds: (() => number) | undefined;
  #readings = 0;

  /** Without `nowSeconds` there are no stamps: all is taken to be read at the sample's own time. */
  begin(atSeconds: number, nowSeconds: (() => number) | undefined): void {
    this.#atSeconds = atSeconds;
    this.#nowSeconds = nowSeconds;
    this.count = 1;
    this.#readings = 0;
  }

  /** Takes a stamp now, and returns its number: the next reading comes after it, all earlier ones before it. */
  take(): number {
    if (this.#nowSeconds === undefined) return 0;
    this.#readings = 0;
    if (this.count === this.micros.length) this.#grow();
    const micros = Math.floor((this.#nowSeconds() - this.#atSeconds) * MICROS);
    this.micros[this.count] = Math.max(micros, this.micros[this.count - 1]!);
    return this.count++;
  }

  /** Number of the stamp before the CPU clock that is read next. */
  beforeClock(): number {
    if (this.#readings >= READINGS) this.take();
    this.#readings++;
    return this.count - 1;
  }

  /** A file was read, which takes long: the next clock has a stamp of its own. */
  noteFile(): void {
    this.#readings = READINGS;
  }

  #grow(): void {
    const larger = new Float64Array(this.micros.length * 2);
    larger.set(this.micros);
    this.micros = larger;
  }
}

/** A sample, as far as it says when it was read. */
interface Read {
  readonly atSeconds: number;
  readonly readTimes?: ReadTimes | null;
}

/** A time at or before a reading, known by the number of the stamp before it. */
export function timeBefore({ atSeconds, readTimes }: Read, stamp: number): number {
  if (stamp === 0 || !readTimes || stamp >= readTimes.count) return atSeconds;
  return atSeconds + readTimes.micros[stamp]! / MICROS;
}

/** A time at or after the same. */
export function timeAfter({ atSeconds, readTimes }: Read, stamp: number): number {
  if (stamp === 0 || !readTimes || stamp + 1 >= readTimes.count) return atSeconds;
  // Stamps are cut down.
  return atSeconds + (readTimes.micros[stamp + 1]! + 1) / MICROS;
}

/** A time after all readings of a sample. */
export function timeAfterAll({ atSeconds, readTimes }: Read): number {
  if (!readTimes || readTimes.count < 2) return atSeconds;
  return atSeconds + (readTimes.micros[readTimes.count - 1]! + 1) / MICROS;
}
