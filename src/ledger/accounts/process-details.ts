import type { ProcessDetail } from '../../sampling/choices.ts';
import { DETAIL_FIGURES, type DetailColumns, type DetailFigure } from '../../sampling/process-details.ts';

const NANOS = 1e9;

/** How a detail is kept. */
type DetailRule =
  | { readonly kind: 'counter'; readonly from: DetailFigure }
  /** `from` null: computed. `addsUp`: whether the values of several processes have a meaningful sum. */
  | { readonly kind: 'gauge'; readonly from: DetailFigure | null; readonly addsUp: boolean };

/**
 * Details of a process in the order of the run document, each with the value that it is read from: the only list of
 * them. Counters count from when the process was first watched; counters that cost an extra read count from their first
 * reading.
 */
export const DETAILS = {
  threads: { kind: 'gauge', from: 'threads', addsUp: true },
  uptimeSeconds: { kind: 'gauge', from: null, addsUp: false },
  /** Page faults without and with disk access. */
  minorFaults: { kind: 'counter', from: 'minorFaults' },
  majorFaults: { kind: 'counter', from: 'majorFaults' },
  /** Of the main thread. */
  voluntaryContextSwitches: { kind: 'counter', from: 'voluntarySwitches' },
  involuntaryContextSwitches: { kind: 'counter', from: 'involuntarySwitches' },
  openDescriptors: { kind: 'gauge', from: 'descriptors', addsUp: true },
  descriptorLimit: { kind: 'gauge', from: 'descriptorLimit', addsUp: false },
  /** Time for which the main thread was runnable and waited for a CPU. */
  runQueueSeconds: { kind: 'counter', from: 'runQueueNanos' },
  pssBytes: { kind: 'gauge', from: 'pssBytes', addsUp: true },
} as const satisfies Readonly<Record<string, DetailRule>>;

type DetailName = keyof typeof DETAILS;
export type CountedDetail = {
  [Name in DetailName]: (typeof DETAILS)[Name]['kind'] extends 'counter' ? Name : never;
}[DetailName];
export type GaugeDetail = Exclude<DetailName, CountedDetail>;

/** Requested details of one process; null: not requested, or unknown. */
export type ProcessDetails = Readonly<Record<DetailName, number | null>>;

const DETAIL_NAMES = Object.keys(DETAILS) as readonly DetailName[];
export const COUNTED_DETAILS = DETAIL_NAMES.filter(isCounted);

function isCounted(name: DetailName): name is CountedDetail {
  return DETAILS[name].kind === 'counter';
}

/** The details, each from the function for its kind. */
export function detailsFrom(
  counterOf: (name: CountedDetail) => number | null,
  gaugeOf: (name: GaugeDetail) => number | null,
): ProcessDetails {
  return Object.fromEntries(
    DETAIL_NAMES.map((name) => [name, isCounted(name) ? counterOf(name) : gaugeOf(name as GaugeDetail)]),
  ) as ProcessDetails;
}

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
    return detailsFrom(
      (name) => this.counted(name),
      (name) => {
        const { from } = DETAILS[name];
        if (from !== null) return finite(this.#last.get(from));
        return this.#groups.has('uptime') ? Math.max(0, atSeconds - this.#bornAtSeconds) : null;
      },
    );
  }

  /** Growth of a counter during the run; null if unknown. */
  counted(counter: CountedDetail): number | null {
    const growth = this.#growth.get(DETAILS[counter].from) ?? null;
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
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
