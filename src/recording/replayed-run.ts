import type { RunDocument } from '../ledger/document/run-document.ts';
import { runTimes } from '../ledger/document/run-times.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Usage } from '../ledger/measuring/usage.ts';
import { RunTotals } from '../ledger/run/run-totals.ts';
import type { RecordedRun } from './recorded-run.ts';
import type { Progress, RecordedTick } from './recorded-tick.ts';
import { RecordingError } from './recording-error.ts';

const NOTHING_COUNTED: Progress = {
  missedSamples: 0,
  stretchedSamples: 0,
  exitRecords: null,
  processEvents: null,
  export: null,
};

/** One booked tick of a replay. */
export interface ReplayedTick {
  readonly tick: RecordedTick;
  readonly usage: Usage;
  /** No tick follows. */
  readonly isLast: boolean;
}

/** Books a recorded run again: the same samples through the same ledger give the same results as the run itself. */
export class ReplayedRun {
  readonly ledger: Ledger;
  /** Start of its first export window: the start of the run, or the first remaining sample. */
  startedUnixMillis: number;
  startedAtSeconds: number;
  readonly #run: RecordedRun;
  readonly #totals: RunTotals;
  readonly #onBooked: ((tick: RecordedTick, ledger: Ledger) => void) | undefined;
  #samples = 0;
  /** Time of the first sample: the run counts from there. */
  #first = { unixMillis: 0, atSeconds: 0 };
  #last: RecordedTick | null = null;

  /**
   * `summaryRows`: exited processes with rows of their own; default: as many as the run kept. `keepsRanges`: see
   * `Ledger`. `onBooked` is called with each booked tick.
   */
  constructor(
    run: RecordedRun,
    summaryRows = run.head.summaryRows,
    keepsRanges = false,
    onBooked?: (tick: RecordedTick, ledger: Ledger) => void,
  ) {
    this.#run = run;
    this.#onBooked = onBooked;
    this.ledger = new Ledger(undefined, keepsRanges, run.head.intervalSeconds);
    this.#totals = new RunTotals(this.ledger, summaryRows);
    this.startedUnixMillis = run.head.startedUnixMillis;
    this.startedAtSeconds = run.head.startedAtSeconds;
  }

  /** Books tick by tick. Each result is valid until the next. Throws RecordingError. */
  *ticks(): Generator<ReplayedTick> {
    for (const tick of this.#run.ticks()) {
      const { unixMillis, atSeconds } = tick.sample;
      if (this.#last === null) this.#first = { unixMillis, atSeconds };
      if (this.#last === null && this.#run.head.part > 0) {
        this.startedUnixMillis = unixMillis;
        this.startedAtSeconds = atSeconds;
      }
      const usage = this.#book(tick);
      this.#onBooked?.(tick, this.ledger);
      this.#last = tick;
      this.#samples++;
      yield { tick, usage, isLast: this.#run.isAtLastTick };
    }
  }

  /** The run document; call after the last tick. */
  document(): RunDocument {
    const { end } = this.#run.completeness;
    const last = this.#last;
    const firstAtSeconds = this.#first.atSeconds;
    const progress = end?.progress ?? last?.progress ?? NOTHING_COUNTED;
    const endedUnixMillis = end?.endedUnixMillis ?? last?.sample.unixMillis ?? this.#first.unixMillis;
    return this.#totals.document({
      ...runTimes(firstAtSeconds, last?.sample.atSeconds ?? firstAtSeconds, endedUnixMillis),
      intervalSeconds: this.#run.head.intervalSeconds,
      samples: this.#samples,
      ...progress,
      command: end?.command ?? null,
    });
  }

  #book({ sample, exits, events }: RecordedTick): Usage {
    try {
      const usage = this.ledger.book(sample, exits, events);
      this.#totals.gather();
      return usage;
    } catch (error) {
      // Checksums do not protect against crafted data, and the ledger assumes valid samples.
      throw new RecordingError(`its samples are invalid from number ${sample.tick} on`, { cause: error });
    }
  }
}
