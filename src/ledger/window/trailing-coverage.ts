import { coverageOf } from '../accounts/unit-account.ts';

/** Coverage covers the windows of this many seconds; it is unknown if less than this CPU time was used. */
const COVERAGE_SECONDS = 300;
const COVERAGE_LEAST_SECONDS = 0.1;

/** Coverage over the windows of the last five minutes. */
export class TrailingCoverage {
  /** Ends of windows, latest last; the first entry is the start of the period. */
  #ends = [{ seconds: 0, attributedSeconds: 0, totalSeconds: 0 }];

  /** Adds a window of `seconds` and the totals at its end; returns the coverage. */
  add(seconds: number, attributedSeconds: number, totalSeconds: number): number | null {
    if (Number.isNaN(totalSeconds)) return null;
    const atSeconds = this.#ends.at(-1)!.seconds + seconds;
    while (this.#ends.length > 1 && this.#ends[1]!.seconds <= atSeconds - COVERAGE_SECONDS)
      this.#ends.shift();
    this.#ends.push({ seconds: atSeconds, attributedSeconds, totalSeconds });
    const [from] = this.#ends;
    const used = totalSeconds - from!.totalSeconds;
    return used < COVERAGE_LEAST_SECONDS
      ? null
      : coverageOf(attributedSeconds - from!.attributedSeconds, used);
  }
}
