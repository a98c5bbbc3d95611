import type { CgroupCounters, CgroupFigures } from '../host/cgroup/figures.ts';
import { figuresBeyond } from './removed-figures.ts';

/** What is known of the CPU and the figures of one cgroup, and how much of that the sampler has read. */
export class KnownUsage {
  /** Whether it was there as the run began: what it used before the first sample is not booked. */
  readonly #wasThere: boolean;
  #knownSeconds = Number.NaN;
  #bookedSeconds = Number.NaN;
  #knownFigures: CgroupFigures | null = null;
  #bookedFigures: CgroupFigures | null = null;

  constructor(wasThere: boolean) {
    this.#wasThere = wasThere;
  }

  /** The most CPU that it is known to have used since it was created; NaN where nothing is known. */
  get seconds(): number {
    return this.#knownSeconds;
  }

  /** Counters as last read; null where none were. */
  get counters(): CgroupCounters | null {
    return this.#knownFigures?.counters ?? null;
  }

  /** CPU that is known and was never read by the sampler. */
  get unbookedSeconds(): number {
    const booked = Number.isNaN(this.#bookedSeconds) && !this.#wasThere ? 0 : this.#bookedSeconds;
    return this.#knownSeconds > booked ? this.#knownSeconds - booked : 0;
  }

  /** What its figures count beyond what was read by the sampler; null where that is not known. */
  get unbookedFigures(): CgroupFigures | null {
    if (this.#knownFigures === null || (this.#wasThere && this.#bookedFigures === null)) return null;
    return figuresBeyond(this.#knownFigures, this.#bookedFigures);
  }

  /** It was read to have used so much; NaN where it could not be read. Returns the same. */
  noteSeconds(seconds: number): number {
    if (seconds > this.#knownSeconds || Number.isNaN(this.#knownSeconds)) this.#knownSeconds = seconds;
    return seconds;
  }

  /** The sampler reads it. Once it is removed (NaN), its last reading stands. Returns what is booked. */
  bookSeconds(seconds: number): number {
    this.noteSeconds(seconds);
    this.#bookedSeconds = Number.isNaN(seconds) ? this.#knownSeconds : seconds;
    return this.#bookedSeconds;
  }

  noteFigures(figures: CgroupFigures): void {
    this.#knownFigures = figures;
  }

  bookFigures(figures: CgroupFigures): CgroupFigures {
    this.#bookedFigures = figures;
    this.#knownFigures = figures;
    return figures;
  }
}
