import type { ProcessDetail } from '../../sampling/choices.ts';

/** Maximum number of series for one of each. A test compares these with the catalogue. */
const SERIES = { unit: 38, disk: 4, executable: 8, process: 8 } as const;
/** Additional series for requested process details. */
const DETAIL_SERIES: Readonly<Record<ProcessDetail, number>> = {
  threads: 1,
  faults: 2,
  uptime: 1,
  'context-switches': 2,
  descriptors: 2,
  'run-queue': 1,
  pss: 1,
};
/** Series of metrics that are off by default and requested by name; metrics not listed have one. */
const OPTIONAL_SERIES: Readonly<Record<string, number>> = {
  'unitledger.unit.pressure.share': 6,
  'unitledger.process.transfer.io': 2,
};
/** Series about unitledger itself. */
export const SELF_SERIES = 40;
/** Series that every unit needs: its own, one name, one device, and `other` of names, devices and processes. */
const UNIT_SERIES = SERIES.unit + 2 * (SERIES.executable + SERIES.disk);
/** Maximum share of the budget for names and devices, so that later units find room. */
const SHARE_OF_PARTS = 0.75;

/** Exports beyond the default, as far as they need series. */
export interface SeriesOptions {
  /** Whether processes have series. */
  readonly ofProcesses: boolean;
  readonly details: ReadonlySet<ProcessDetail>;
  /** Names of metrics that are off by default. */
  readonly metrics?: readonly string[];
}

/**
 * Limits the series of unitledger to `most`; subjects without room are folded into other series. Units, names and
 * devices keep their series until their unit is gone; processes share the remainder in each window.
 */
export class SeriesBudget {
  readonly most: number;
  readonly #ofProcess: number;
  readonly #ofUnitAlone: number;
  #held = SELF_SERIES;

  constructor(
    most = Number.POSITIVE_INFINITY,
    { ofProcesses, details, metrics = [] }: SeriesOptions = { ofProcesses: true, details: new Set() },
  ) {
    this.most = most;
    const ofDetails = [...details].reduce((sum, detail) => sum + DETAIL_SERIES[detail], 0);
    const optional = (prefix: string) =>
      metrics.reduce((sum, name) => sum + (name.startsWith(prefix) ? (OPTIONAL_SERIES[name] ?? 1) : 0), 0);
    this.#ofProcess = ofProcesses ? SERIES.process + ofDetails + optional('unitledger.process.') : 0;
    this.#ofUnitAlone = UNIT_SERIES + optional('unitledger.unit.');
  }

  /** Series that every unit needs. */
  get ofUnit(): number {
    return this.#ofUnitAlone + this.#ofProcess;
  }

  /** Reserves the series that every unit needs. A unit requested by name always gets them. */
  holdUnit(isAskedFor: boolean): boolean {
    return this.#hold(this.ofUnit, isAskedFor ? Number.POSITIVE_INFINITY : this.most);
  }

  /** Reserves the series of a unit that returns, with its further names and devices. */
  holdReturned(executables: number, disks: number): boolean {
    return this.#hold(this.ofUnit + SERIES.executable * executables + SERIES.disk * disks, this.most);
  }

  releaseUnit(): void {
    this.#held -= this.ofUnit;
  }

  /** Reserves series for one more name or device of a unit. */
  holdPart(part: 'executable' | 'disk'): boolean {
    return this.#hold(SERIES[part], this.most * SHARE_OF_PARTS);
  }

  releaseParts(part: 'executable' | 'disk', count: number): void {
    this.#held -= SERIES[part] * count;
  }

  /** Number of processes that could have series of their own now. */
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
