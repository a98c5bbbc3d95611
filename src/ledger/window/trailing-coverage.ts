import { coverageOf } from '../accounts/unit-account.ts';
import type { Closing } from './windowed-process.ts';

/** Coverage covers the windows of this many seconds; it is unknown if less than this CPU time was used. */
const COVERAGE_SECONDS = 300;
const COVERAGE_LEAST_SECONDS = 0.1;

/** Numbers of one end: its time, and the attributed and all CPU until then. */
const NUMBERS = 3;

/** Coverage over the windows of the last five minutes. */
export class TrailingCoverage {
  /** Ends of windows, latest last; the first is the start of the period. Plain numbers, because each unit has thirty ends. */
  readonly #ends: number[] = [];

  /**
   * Adds a window of `seconds` that ended at `endSeconds` on the monotonic clock, and the totals at its end; returns the
   * coverage. A unit may have no windows while it is absent.
   */
  add(
    { seconds, endSeconds }: Pick<Closing, 'seconds' | 'endSeconds'>,
    attributedSeconds: number,
    totalSeconds: number,
  ): number | null {
    if (Number.isNaN(totalSeconds)) return null;
    const ends = this.#ends;
    if (ends.length === 0) ends.push(endSeconds - seconds, 0, 0);
    let old = 0;
    while (old + NUMBERS < ends.length && ends[old + NUMBERS]! <= endSeconds - COVERAGE_SECONDS)
      old += NUMBERS;
    if (old > 0) ends.splice(0, old);
    ends.push(endSeconds, attributedSeconds, totalSeconds);
    const used = totalSeconds - ends[2]!;
    return used < COVERAGE_LEAST_SECONDS ? null : coverageOf(attributedSeconds - ends[1]!, used);
  }
}
