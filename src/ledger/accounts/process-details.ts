import type { ProcessDetail } from '../../sampling/choices.ts';
import { DETAIL_FIGURES, type DetailColumns, type DetailFigure } from '../../sampling/process-details.ts';

const NANOS = 1e9;

/**
 * Requested details of one process; null: not requested, or unknown. Counters count from when the process was first
 * watched; counters that cost an extra read count from their first reading.
 */
export interface ProcessDetails {
  readonly threads: number | null;
  readonly uptimeSeconds: number | null;
  /** Page faults without and with disk access. */
  readonly minorFaults: number | null;
  readonly majorFaults: number | null;
  /** Of the main thread. */
  readonly voluntaryContextSwitches: number | null;
  readonly involuntaryContextSwitches: number | null;
  readonly openDescriptors: number | null;
  readonly descriptorLimit: number | null;
  /** Time for which the main thread was runnable and waited for a CPU. */
  readonly runQueueSeconds: number | null;
  readonly pssBytes: number | null;
}

/** Cumulative details, by the value that they are read from. */
const FIGURE_OF = {
  minorFaults: 'minorFaults',
  majorFaults: 'majorFaults',
  voluntaryContextSwitches: 'voluntarySwitches',
  involuntaryContextSwitches: 'involuntarySwitches',
  runQueueSeconds: 'runQueueNanos',
} as const satisfies Partial<Record<keyof ProcessDetails, DetailFigure>>;
export type CountedDetail = keyof typeof FIGURE_OF;
export const COUNTED_DETAILS = Object.keys(FIGURE_OF) as readonly CountedDetail[];

/** Details of one process over the run. */
export class DetailsAccount {
  readonly #groups: ReadonlySet<ProcessDetail>;
  readonly #bornAtSeconds: number;
  /** Last reading. */
  readonly #last: Map<DetailFigure, number>;
  /** Growth of counters during the run. */
  readonly #growth = new Map<DetailFigure, number>();
  /** Peaks of levels. */
  readonly #peak = new Map<DetailFigure, number>();
  #readAtTick = -1;

  /** `born`: the process was born during the run, so its counters count from zero. */
  constructor(details: DetailColumns, born: boolean, bornAtSeconds: number) {
    this.#groups = details.groups;
    this.#bornAtSeconds = bornAtSeconds;
    const counters = details.figures.filter((figure) => DETAIL_FIGURES[figure].kind === 'counter');
    this.#last = new Map(born ? counters.map((figure) => [figure, 0]) : []);
  }

  /** Books the readings of the row in `slot` since the last call. */
  take(details: DetailColumns, slot: number): void {
    const readAtTick = details.readAtTick[slot]!;
    if (readAtTick === this.#readAtTick) return;
    this.#readAtTick = readAtTick;
    for (const figure of details.figures) {
      const value = details.get(figure, slot);
      if (DETAIL_FIGURES[figure].kind === 'level') this.#takeLevel(figure, value);
      else if (!Number.isNaN(value)) this.#takeCounter(figure, value);
    }
  }

  /** Last readings; the uptime at `atSeconds`, on the monotonic clock. */
  now(atSeconds: number): ProcessDetails {
    return {
      threads: finite(this.#last.get('threads')),
      uptimeSeconds: this.#groups.has('uptime') ? Math.max(0, atSeconds - this.#bornAtSeconds) : null,
      minorFaults: this.counted('minorFaults'),
      majorFaults: this.counted('majorFaults'),
      voluntaryContextSwitches: this.counted('voluntaryContextSwitches'),
      involuntaryContextSwitches: this.counted('involuntaryContextSwitches'),
      openDescriptors: finite(this.#last.get('descriptors')),
      descriptorLimit: finite(this.#last.get('descriptorLimit')),
      runQueueSeconds: this.counted('runQueueSeconds'),
      pssBytes: finite(this.#last.get('pssBytes')),
    };
  }

  /** Growth of a counter during the run; null if unknown. */
  counted(counter: CountedDetail): number | null {
    const growth = this.#counter(FIGURE_OF[counter]);
    return growth !== null && counter === 'runQueueSeconds' ? growth / NANOS : growth;
  }

  /** Highest value of a level; null if it was never read. */
  peak(figure: DetailFigure): number | null {
    return finite(this.#peak.get(figure));
  }

  #takeLevel(figure: DetailFigure, value: number): void {
    this.#last.set(figure, value);
    if (value > (this.#peak.get(figure) ?? Number.NEGATIVE_INFINITY)) this.#peak.set(figure, value);
  }

  #takeCounter(figure: DetailFigure, value: number): void {
    // After an exec another thread may be the main thread: its counters continue from their own values.
    const growth = Math.max(0, value - (this.#last.get(figure) ?? value));
    this.#growth.set(figure, (this.#growth.get(figure) ?? 0) + growth);
    this.#last.set(figure, value);
  }

  #counter(figure: DetailFigure): number | null {
    return this.#growth.get(figure) ?? null;
  }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
