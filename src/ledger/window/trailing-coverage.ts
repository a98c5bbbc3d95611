import { coverageOf } from '../accounts/unit-account.ts';

/** Coverage is that of the windows of so many seconds, and not known for less CPU time than this. */
const COVERAGE_SECONDS = 300;
const COVERAGE_LEAST_SECONDS = 0.1;

/** Coverage over the windows of the last five minutes. */
export class TrailingCoverage {
  /** Ends of windows, the latest last; the first is where the trail begins. */
  #ends = [{ seconds: 0, attributedSeconds: 0, totalSeconds: 0 }];

  /** Adds a window of `seconds`, at whose end so much was attributed in all; returns the coverage. */
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
