import type { ProcessDetail } from '../../sampling/choices.ts';
import { DETAIL_FIGURES, type DetailColumns, type DetailFigure } from '../../sampling/process-details.ts';

const NANOS = 1e9;

/**
 * Details of one process as far as they were asked for; null: not asked for, or not known. Counters count from when the
 * process was first watched, what has no free file from its first reading on.
 */
export interface ProcessDetails {
  readonly threads: number | null;
  readonly uptimeSeconds: number | null;
  /** Page faults that needed no disk, and that needed one. */
  readonly minorFaults: number | null;
  readonly majorFaults: number | null;
  /** Of its main thread. */
  readonly voluntaryContextSwitches: number | null;
  readonly involuntaryContextSwitches: number | null;
  readonly openDescriptors: number | null;
  readonly descriptorLimit: number | null;
  /** Time in which its main thread was ready to run and waited for a CPU. */
  readonly runQueueSeconds: number | null;
  readonly pssBytes: number | null;
}

/** Those that only grow, by the figure that they are read from. */
const FIGURE_OF = {
  minorFaults: 'minorFaults',
  majorFaults: 'majorFaults',
  voluntaryContextSwitches: 'voluntarySwitches',
  involuntaryContextSwitches: 'involuntarySwitches',
  runQueueSeconds: 'runQueueNanos',
} as const satisfies Partial<Record<keyof ProcessDetails, DetailFigure>>;
export type CountedDetail = keyof typeof FIGURE_OF;
export const COUNTED_DETAILS = Object.keys(FIGURE_OF) as readonly CountedDetail[];

/** What the details of one process came to while it is watched. */
export class DetailsAccount {
  readonly #groups: ReadonlySet<ProcessDetail>;
  readonly #bornAtSeconds: number;
  /** By figure: as last read. */
  readonly #last: Map<DetailFigure, number>;
  /** By counter: growth while watched. */
  readonly #growth = new Map<DetailFigure, number>();
  /** By level: the highest. */
  readonly #peak = new Map<DetailFigure, number>();
  #readAtTick = -1;

  /** `born`: while it was watched, so that its counters count from zero. */
  constructor(details: DetailColumns, born: boolean, bornAtSeconds: number) {
    this.#groups = details.groups;
    this.#bornAtSeconds = bornAtSeconds;
    const counters = details.figures.filter((figure) => DETAIL_FIGURES[figure].kind === 'counter');
    this.#last = new Map(born ? counters.map((figure) => [figure, 0]) : []);
  }

  /** Takes what was read of the row in `slot` since it was taken last. */
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

  /** As last read; the uptime as of `atSeconds`, on the monotonic clock. */
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

  /** Growth of a counter while watched; null where it is not known. */
  counted(counter: CountedDetail): number | null {
    const growth = this.#counter(FIGURE_OF[counter]);
    return growth !== null && counter === 'runQueueSeconds' ? growth / NANOS : growth;
  }

  /** The highest level that was read; null where none was. */
  peak(figure: DetailFigure): number | null {
    return finite(this.#peak.get(figure));
  }

  #takeLevel(figure: DetailFigure, value: number): void {
    this.#last.set(figure, value);
    if (value > (this.#peak.get(figure) ?? Number.NEGATIVE_INFINITY)) this.#peak.set(figure, value);
  }

  #takeCounter(figure: DetailFigure, value: number): void {
    // Another thread may have become the main one by an exec: its counters go on from wherever they stood.
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
