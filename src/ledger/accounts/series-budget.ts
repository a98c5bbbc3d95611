import type { ProcessDetail } from '../../sampling/choices.ts';

/** Series that each of something takes, at most. A test holds these to the catalogue. */
const SERIES = { unit: 38, disk: 4, executable: 8, process: 8 } as const;
/** The same of what is read of processes only where it is asked for. */
const DETAIL_SERIES: Readonly<Record<ProcessDetail, number>> = {
  threads: 1,
  faults: 2,
  uptime: 1,
  'context-switches': 2,
  descriptors: 2,
  'run-queue': 1,
  pss: 1,
};
/** Of a metric that is off by default and asked for by its name; the others have one. */
const OPTIONAL_SERIES: Readonly<Record<string, number>> = {
  'unitledger.unit.pressure.share': 6,
  'unitledger.process.transfer.io': 2,
};
/** What the program says of itself. */
export const SELF_SERIES = 40;
/** Of one unit whatever becomes of it: its own, one name and one device, and what is `other` of names, devices, processes. */
const UNIT_SERIES = SERIES.unit + 2 * (SERIES.executable + SERIES.disk);
/** Names and devices of units may take this share of all, so that units that are yet to come find room. */
const SHARE_OF_PARTS = 0.75;

/** What is exported beyond the default, as far as it takes series. */
export interface SeriesWishes {
  /** Whether processes have series at all. */
  readonly ofProcesses: boolean;
  readonly details: ReadonlySet<ProcessDetail>;
  /** Names of metrics that are off by default. */
  readonly metrics?: readonly string[];
}

/**
 * The series of the whole program, of which there are never more than `most`: who finds no room is folded into something
 * that has some. Units, names and devices keep what they hold as long as they live; processes share what is left of a
 * window.
 */
export class SeriesBudget {
  readonly most: number;
  readonly #ofProcess: number;
  readonly #ofUnitAlone: number;
  #held = SELF_SERIES;

  constructor(
    most = Number.POSITIVE_INFINITY,
    { ofProcesses, details, metrics = [] }: SeriesWishes = { ofProcesses: true, details: new Set() },
  ) {
    this.most = most;
    const ofDetails = [...details].reduce((sum, detail) => sum + DETAIL_SERIES[detail], 0);
    const optional = (prefix: string) =>
      metrics.reduce((sum, name) => sum + (name.startsWith(prefix) ? (OPTIONAL_SERIES[name] ?? 1) : 0), 0);
    this.#ofProcess = ofProcesses ? SERIES.process + ofDetails + optional('unitledger.process.') : 0;
    this.#ofUnitAlone = UNIT_SERIES + optional('unitledger.unit.');
  }

  /** Series that a unit takes in any case. */
  get ofUnit(): number {
    return this.#ofUnitAlone + this.#ofProcess;
  }

  /** Takes what a unit needs in any case. One that was asked for by its name gets it whatever is left. */
  holdUnit(isAskedFor: boolean): boolean {
    return this.#hold(this.ofUnit, isAskedFor ? Number.POSITIVE_INFINITY : this.most);
  }

  releaseUnit(): void {
    this.#held -= this.ofUnit;
  }

  /** Takes what one more name, or device, of a unit needs. */
  holdPart(part: 'executable' | 'disk'): boolean {
    return this.#hold(SERIES[part], this.most * SHARE_OF_PARTS);
  }

  releaseParts(part: 'executable' | 'disk', count: number): void {
    this.#held -= SERIES[part] * count;
  }

  /** Processes that could have series of their own now. */
  get processesLeft(): number {
    if (this.#ofProcess === 0) return 0;
    return Math.max(0, Math.floor((this.most - this.#held) / this.#ofProcess));
  }

  #hold(series: number, limit: number): boolean {
    if (this.#held + series > limit) return false;
    this.#held += series;
    return true;
  }
}
