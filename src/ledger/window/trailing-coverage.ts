import { coverageOf } from '../accounts/unit-account.ts';

/** Coverage covers the windows of this many seconds; it is unknown if less than this CPU time was used. */
const COVERAGE_SECONDS = 300;
const COVERAGE_LEAST_SECONDS = 0.1;

/** Numbers of one end: its time, and the attributed and all CPU until then. */
const NUMBERS = 3;

/** Coverage over the windows of the last five minutes. */
export class TrailingCoverage {
  /** Ends of windows, latest last; the first is the start of the period. Plain numbers, because each unit has thirty ends. */
  readonly #ends = [0, 0, 0];

  /** Adds a window of `seconds` and the totals at its end; returns the coverage. */
  add(seconds: number, attributedSeconds: number, totalSeconds: number): number | null {
    if (Number.isNaN(totalSeconds)) return null;
    const ends = this.#ends;
    const atSeconds = ends.at(-NUMBERS)! + seconds;
    let old = 0;
    while (old + NUMBERS < ends.length && ends[old + NUMBERS]! <= atSeconds - COVERAGE_SECONDS)
      old += NUMBERS;
    if (old > 0) ends.splice(0, old);
    ends.push(atSeconds, attributedSeconds, totalSeconds);
    const used = totalSeconds - ends[2]!;
    return used < COVERAGE_LEAST_SECONDS ? null : coverageOf(attributedSeconds - ends[1]!, used);
  }
}
