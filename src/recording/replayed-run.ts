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

/** One tick of a run that is booked again. */
export interface ReplayedTick {
  readonly tick: RecordedTick;
  readonly usage: Usage;
  /** No tick follows. */
  readonly isLast: boolean;
}

/**
 * A recorded run booked once more: the same samples through the same books, so that whatever is made of them is what
 * the run itself made.
 */
export class ReplayedRun {
  readonly ledger: Ledger;
  /** Since when its first export window counts: the beginning of the run, or the first sample that is left. */
  startedUnixMillis: number;
  startedAtSeconds: number;
  readonly #run: RecordedRun;
  readonly #totals: RunTotals;
  readonly #onBooked: ((tick: RecordedTick, ledger: Ledger) => void) | undefined;
  #samples = 0;
  /** When the first sample was taken: from there on the run counts. */
  #first = { unixMillis: 0, atSeconds: 0 };
  #last: RecordedTick | null = null;

  /**
   * `summaryRows`: exited processes with rows of their own; as many as the run itself kept if not given. `keepsRanges`: as
   * the ledger's. `onBooked` is called with each tick once it is booked.
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

  /** Books tick by tick. What it hands out is good until the next. Throws RecordingError. */
  *ticks(): Generator<ReplayedTick> {
    const { part } = this.#run.head;
    for (const tick of this.#run.ticks()) {
      const { unixMillis, atSeconds } = tick.sample;
      if (this.#last === null) this.#first = { unixMillis, atSeconds };
      if (this.#last === null && part > 0) {
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

  /** What the run came to; to be asked after the last tick. */
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
      // The checksums were right, but the bytes may be anyone's, and the ledger takes samples for sound.
      throw new RecordingError(`its samples make no sense from number ${sample.tick} on`, { cause: error });
    }
  }
}
